import { randomInt } from 'node:crypto';
import type { SequenceEvaluateOptions, Token, TokenBias } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { DEFAULT_SAMPLING } from '../../default-sampling.ts';
import type { GrammarState } from './token-grammar.ts';

/** Number of seeds: unsigned 32-bit numbers in llama.cpp, of which the largest means "choose one". */
const MOST_SEEDS = 2 ** 32 - 1;

/** Option against a shift of the context, which would cut the conversation silently. */
export const NO_SHIFT = {
  contextShift: {
    strategy(): never {
      throw new RangeError('the context is full');
    },
  },
} as const;

/** Generator of tokens that accepts tokens to replace the last yielded one. */
export type TokenStream = AsyncGenerator<Token, void, void | Token | Token[]>;

/** Returns the grammar for the next token, if any. */
export type GrammarAt = () => GrammarState | undefined;

/**
 * Sampling options of llama.cpp for an answer.
 *
 * @param unbiased empty bias, for text without a grammar
 */
export function samplingOptions(
  sampling: Sampling,
  grammar: GrammarAt,
  unbiased: TokenBias,
): SequenceEvaluateOptions {
  const { temperature, topK, topP, minP } = { ...DEFAULT_SAMPLING, ...sampling };
  return {
    temperature,
    topK,
    topP,
    minP,
    // The library's default is the time in seconds, so requests of one second would have equal answers.
    seed: sampling.seed ?? randomInt(MOST_SEEDS),
    grammarEvaluationState: () => grammar()?.state,
    tokenBias: () => grammar()?.bias ?? unbiased,
  };
}
