import { availableParallelism, loadavg } from 'node:os';
import type { GgmlType, LlamaContextOptions, LlamaModelOptions } from 'node-llama-cpp';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FlashAttention, GpuLayers, KvType } from '../../../../config/engine-options.ts';
import type { LocalSpec } from '../../spec.ts';
import { defaultThreads } from '../../threads.ts';
import type { EngineSettings } from '../../engine-settings.ts';

/** How a model is loaded: the server's settings, else its own, else what is right here. */
export interface LoadSettings {
  readonly threads: number;
  readonly gpuLayers: GpuLayers;
  readonly flashAttention: FlashAttention;
  readonly kvType: KvType;
}

/** A context that a CPU calculates. */
export interface CpuContext {
  /** Of each sequence. */
  readonly tokens: number;
  /** What attention holds at once where it is no flash attention. */
  readonly scoreBytes: number;
}

/** More than this is not spent to do without flash attention. */
const MOST_SCORE_BYTES = 512 * 2 ** 20;

/** Contexts up to here have no depth in which flash attention costs more than it saves. */
const SHALLOW_TOKENS = 2048;

/**
 * Chooses how to load a model. Throws `unsupported` if llama.cpp can't do it so.
 *
 * @param cores physical cores that calculate at full speed
 * @param context undefined where a GPU calculates
 */
export function loadSettingsFor(
  spec: LocalSpec,
  server: Partial<EngineSettings>,
  cores: number,
  context?: CpuContext,
): LoadSettings {
  // A container, or an affinity, may allow fewer than the machine has.
  const usable = Math.min(cores, availableParallelism());
  const settings: LoadSettings = {
    threads: server.threads ?? spec.threads ?? defaultThreads(usable, loadavg()[0] ?? 0),
    gpuLayers: server.gpuLayers ?? spec.gpuLayers ?? 'auto',
    flashAttention: server.flashAttention ?? spec.flashAttention ?? 'auto',
    kvType: server.kvType ?? spec.kvType ?? 'f16',
  };
  const { flashAttention, kvType } = settings;
  if (flashAttention === 'off' && !WHOLE_TYPES.includes(kvType)) {
    throw new RuntimeFailure(
      'unsupported',
      `${spec.name} can't have a context of type ${kvType} without flash attention. ` +
        'Remove `flash_attention: off` (or the flag), or take f16.',
    );
  }
  const isFree = flashAttention === 'auto' && WHOLE_TYPES.includes(kvType);
  return isFree && isBetterWithout(context) ? { ...settings, flashAttention: 'off' } : settings;
}

/**
 * Behind a thousand tokens and more, flash attention slows down decoding and all batches below 64 tokens on
 * a CPU, up to three times; behind a hundred it is faster, most so for several sequences (bench/README.md).
 */
function isBetterWithout(context: CpuContext | undefined): boolean {
  if (context === undefined) return false;
  return context.tokens > SHALLOW_TOKENS && context.scoreBytes <= MOST_SCORE_BYTES;
}

/** The others are quantized, and llama.cpp reads quantized values only in flash attention. */
const WHOLE_TYPES: readonly KvType[] = ['f32', 'f16', 'bf16'];

/**
 * The library's own way to say it: `auto` leaves room for the context.
 *
 * @param contextTokens of all sequences together
 */
export function nativeGpuLayers(
  layers: GpuLayers,
  contextTokens: number,
): NonNullable<LlamaModelOptions['gpuLayers']> {
  return layers === 'auto' ? { fitContext: { contextSize: contextTokens } } : layers;
}

/** What a context is made with. */
export function nativeContextOptions(settings: LoadSettings): LlamaContextOptions {
  const { threads, kvType } = settings;
  const flashAttention = nativeFlashAttention(settings);
  if (kvType === 'f16') return { threads, flashAttention };
  const type = nativeKvType(settings);
  return {
    threads,
    flashAttention,
    // The user asks for it; where it does not work, it says so when the model is loaded.
    // oxlint-disable-next-line typescript/no-deprecated
    experimentalKvCacheKeyType: type,
    // oxlint-disable-next-line typescript/no-deprecated
    experimentalKvCacheValueType: type,
  };
}

/** The library's own way to say it. */
export function nativeFlashAttention({ flashAttention }: LoadSettings): 'auto' | boolean {
  return flashAttention === 'auto' ? 'auto' : flashAttention === 'on';
}

/** The name that the library's `GgmlType` has for it. */
export function nativeKvType({ kvType }: LoadSettings): (typeof NATIVE_TYPES)[KvType] {
  return NATIVE_TYPES[kvType];
}

const NATIVE_TYPES = {
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  q8_0: 'Q8_0',
  q5_1: 'Q5_1',
  q5_0: 'Q5_0',
  q4_1: 'Q4_1',
  q4_0: 'Q4_0',
  iq4_nl: 'IQ4_NL',
} as const satisfies Record<KvType, keyof typeof GgmlType>;
