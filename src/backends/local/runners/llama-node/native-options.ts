import { randomInt } from 'node:crypto';
import type { Sampling } from '../../../../core/model.ts';
import { DEFAULT_SAMPLING } from '../../default-sampling.ts';
import type { AddonPrompt, CompletionOptions, ContextOptions } from './context-options.ts';

/** Size of a batch in tokens. */
export const BATCH_TOKENS = 512;

/** More layers than any model has. Without a GPU the addon ignores it. */
const ALL_LAYERS = 999;

/** Options of the addon to load a model. */
export function loadOptions(options: ContextOptions): Readonly<Record<string, unknown>> {
  const { spec, settings, contextSize } = options;
  const layers = settings.gpuLayers ?? spec.gpuLayers;
  const kvType = settings.kvType ?? spec.kvType;
  const flashAttention = settings.flashAttention ?? spec.flashAttention;
  return {
    model: spec.file,
    n_ctx: contextSize,
    n_batch: BATCH_TOKENS,
    n_threads: options.threads,
    n_parallel: 1,
    n_gpu_layers: typeof layers === 'number' ? layers : ALL_LAYERS,
    ...(kvType !== undefined && { cache_type_k: kvType, cache_type_v: kvType }),
    ...(flashAttention !== undefined && { flash_attn_type: flashAttention }),
    // Cache sliding windows completely, so that any prefix can be reused.
    swa_full: true,
  };
}

/** llama.cpp's trigger of the kind "word", which becomes a token if it is one. */
const WORD_TRIGGER = 1;

/** Options of the addon for a completion. */
export function completionOptions(
  { text, pictures }: AddonPrompt,
  options: CompletionOptions,
): Readonly<Record<string, unknown>> {
  const { grammar, triggers, ends, load, save } = options;
  return {
    prompt: text,
    media_paths: pictures,
    n_predict: options.maxTokens,
    stop: ends,
    ...samplingOptions(options.sampling),
    ...(grammar !== undefined && { grammar }),
    ...(triggers !== undefined && {
      grammar_lazy: true,
      grammar_triggers: triggers.map((value) => ({ type: WORD_TRIGGER, value })),
      preserved_tokens: triggers,
    }),
    ...(load !== undefined && { load_state_path: load }),
    ...(save !== undefined && { save_state_path: save }),
  };
}

/** Number of seeds. The largest value means "choose one". */
const MOST_SEEDS = 2 ** 31 - 1;

/**
 * Sampling options of the addon. Its own defaults sometimes drop likely tokens (XTC) and penalize repetition, even with
 * a temperature of 0.
 */
function samplingOptions(sampling: Sampling): Readonly<Record<string, number>> {
  const { temperature, topK, topP, minP } = { ...DEFAULT_SAMPLING, ...sampling };
  return {
    temperature,
    top_k: temperature === 0 ? 1 : topK,
    top_p: topP,
    min_p: minP,
    typ_p: 1,
    xtc_probability: 0,
    dry_multiplier: 0,
    penalty_repeat: 1,
    penalty_freq: 0,
    penalty_present: 0,
    seed: (sampling.seed ?? randomInt(MOST_SEEDS)) % MOST_SEEDS,
  };
}
