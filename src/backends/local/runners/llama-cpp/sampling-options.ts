import { randomInt } from 'node:crypto';
import type { SequenceEvaluateOptions, Token, TokenBias } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { DEFAULT_SAMPLING } from '../../default-sampling.ts';
import type { GrammarState } from './token-grammar.ts';

/** Seeds are unsigned 32-bit numbers in llama.cpp; its largest means "choose one". */
const MOST_SEEDS = 2 ** 32 - 1;

/** A context never shifts: that would cut the conversation silently. */
export const NO_SHIFT = {
  contextShift: {
    strategy(): never {
      throw new RangeError('the context is full');
    },
  },
} as const;

/** A generator of tokens that takes tokens to put in place of the one it yielded last. */
export type TokenStream = AsyncGenerator<Token, void, void | Token | Token[]>;

/** The grammar that the next token has to follow, if any. */
export type GrammarAt = () => GrammarState | undefined;

/**
 * Options by which llama.cpp samples an answer.
 *
 * @param unbiased a bias without tokens, for while no grammar holds
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
    // The library's own default is the time in seconds: requests of one second would be alike.
    seed: sampling.seed ?? randomInt(MOST_SEEDS),
    grammarEvaluationState: () => grammar()?.state,
    tokenBias: () => grammar()?.bias ?? unbiased,
  };
}
