import { randomInt } from 'node:crypto';
import { availableParallelism, loadavg } from 'node:os';
import type { Sampling } from '../../../../core/model.ts';
import { DEFAULT_SAMPLING } from '../../default-sampling.ts';
import { defaultThreads } from '../../threads.ts';
import type { AddonPrompt, CompletionOptions, ContextOptions } from './context-options.ts';

/** What is evaluated at once, in tokens. */
export const BATCH_TOKENS = 512;

/** More than any model has; without a GPU the addon takes none. */
const ALL_LAYERS = 999;

/**
 * Number of threads: the server's setting, the model's own, else what is right here.
 *
 * @param cores physical cores that calculate at full speed
 */
export function threadsFor(
  { spec, settings }: Pick<ContextOptions, 'spec' | 'settings'>,
  cores: number,
): number {
  const usable = Math.min(cores, availableParallelism());
  return settings.threads ?? spec.threads ?? defaultThreads(usable, loadavg()[0] ?? 0);
}

/** What the addon loads a model with. */
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
    // The whole cache of a sliding window, so that any prefix of it can be reused.
    swa_full: true,
  };
}

/** llama.cpp's trigger of the kind "word", which becomes a token where it is one. */
const WORD_TRIGGER = 1;

/** What the addon goes on with behind a prompt. */
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

/** Its largest seed means "choose one". */
const MOST_SEEDS = 2 ** 31 - 1;

/**
 * How the addon picks tokens. Its own defaults drop likely ones now and then (XTC) and punish
 * repetition, and a temperature of 0 does not end that.
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
