import type { GgmlType, LlamaContextOptions, LlamaModelOptions } from 'node-llama-cpp';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { FlashAttention, GpuLayers, KvType } from '../../../../config/engine-options.ts';
import type { LocalSpec } from '../../spec.ts';
import { threadsFor } from '../../threads.ts';
import type { EngineSettings } from '../../engine-settings.ts';
import { WHOLE_TYPES } from './flash-attention/decision.ts';

/** Settings of a load: those of the server, otherwise of the model's entry, otherwise defaults for this machine. */
export interface LoadSettings {
  readonly threads: number;
  readonly gpuLayers: GpuLayers;
  readonly flashAttention: FlashAttention;
  readonly kvType: KvType;
}

/**
 * Finds the settings to load a model with, before flash attention is decided. Throws `unsupported` if llama.cpp does
 * not support their combination.
 *
 * @param cores number of physical cores at full speed
 */
export function loadSettingsFor(
  spec: LocalSpec,
  server: Partial<EngineSettings>,
  cores: number,
): LoadSettings {
  const settings: LoadSettings = {
    threads: threadsFor(spec, server, cores),
    gpuLayers: server.gpuLayers ?? spec.gpuLayers ?? 'auto',
    flashAttention: server.flashAttention ?? spec.flashAttention ?? 'auto',
    kvType: server.kvType ?? spec.kvType ?? 'f16',
  };
  const { flashAttention, kvType } = settings;
  if (flashAttention === 'off' && !WHOLE_TYPES.includes(kvType)) {
    throw new RuntimeFailure(
      'unsupported',
      `${spec.name} can't have a context of type ${kvType} without flash attention. ` +
        'Remove `flash_attention: off` (or the flag), or use f16.',
    );
  }
  return settings;
}

/**
 * Converts the layers on the GPU to the library's option. `auto` leaves space for the context.
 *
 * @param contextTokens total tokens of all sequences
 */
export function nativeGpuLayers(
  layers: GpuLayers,
  contextTokens: number,
): NonNullable<LlamaModelOptions['gpuLayers']> {
  return layers === 'auto' ? { fitContext: { contextSize: contextTokens } } : layers;
}

/** Options of a context in the library's form. */
export function nativeContextOptions(settings: LoadSettings): LlamaContextOptions {
  const { threads, kvType } = settings;
  const flashAttention = nativeFlashAttention(settings);
  if (kvType === 'f16') return { threads, flashAttention };
  const type = nativeKvType(settings);
  return {
    threads,
    flashAttention,
    // The user chose it. If it does not work, the load fails with the reason.
    // oxlint-disable-next-line typescript/no-deprecated
    experimentalKvCacheKeyType: type,
    // oxlint-disable-next-line typescript/no-deprecated
    experimentalKvCacheValueType: type,
  };
}

/** Converts flash attention to the library's option. */
export function nativeFlashAttention({ flashAttention }: LoadSettings): 'auto' | boolean {
  return flashAttention === 'auto' ? 'auto' : flashAttention === 'on';
}

/** Name of the KV type in the library's `GgmlType`. */
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
