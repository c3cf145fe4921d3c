import { randomInt } from 'node:crypto';
import type { Sampling } from '../../../../core/model.ts';
import { DEFAULT_SAMPLING } from '../../default-sampling.ts';
import type { ActiveGrammar } from '../../runner.ts';

/** Number of seeds: unsigned 32-bit numbers in llama.cpp, of which the largest means "choose one". */
const MOST_SEEDS = 2 ** 32 - 1;

/** llama-server's trigger of the kind "word", which becomes a token if it is one. */
const WORD_TRIGGER = 1;

/** Fields of the last item of a stream. Without a choice, it contains the prompt. */
const END_FIELDS = ['tokens', 'content', 'stop', 'stop_type', 'tokens_predicted'];

/** Options of llama-server for an answer. Its own defaults sometimes drop likely tokens. */
export function generationOptions(
  sampling: Sampling,
  { grammar, triggers }: ActiveGrammar<string>,
): Readonly<Record<string, unknown>> {
  const { temperature, topK, topP, minP } = { ...DEFAULT_SAMPLING, ...sampling };
  return {
    temperature,
    top_k: topK,
    top_p: topP,
    min_p: minP,
    samplers: ['top_k', 'top_p', 'min_p', 'temperature'],
    seed: (sampling.seed ?? randomInt(MOST_SEEDS)) % MOST_SEEDS,
    response_fields: END_FIELDS,
    ...(grammar !== undefined && { grammar }),
    ...(triggers !== undefined && {
      grammar_lazy: true,
      grammar_triggers: triggers.map((value) => ({ type: WORD_TRIGGER, value })),
      preserved_tokens: triggers,
    }),
  };
}
