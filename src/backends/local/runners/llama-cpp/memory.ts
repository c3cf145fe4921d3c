import { freemem } from 'node:os';
import { GgmlType } from 'node-llama-cpp';
import type { GgufFileInfo, Llama, LlamaModel } from 'node-llama-cpp';
import { isRecord } from '../../../../core/json.ts';
import { nativeFlashAttention, nativeKvType } from './load-settings.ts';
import type { CpuContext } from './flash-attention/decision.ts';
import type { LoadSettings } from './load-settings.ts';
import type { LoadNeeds } from '../../memory/eviction.ts';

/** Estimates the memory of a model with contexts of a size in tokens, and measures the free memory. */
export async function estimateMemory(
  llama: Llama,
  head: LlamaModel,
  contextSize: number,
  settings: LoadSettings,
): Promise<Omit<LoadNeeds, 'parallel'>> {
  const insights = head.fileInsights;
  const estimate = async (gpuLayers: number) => {
    const options = { contextSize, modelGpuLayers: gpuLayers, ...contextKind(settings) };
    const [weights, one, two] = await Promise.all([
      insights.estimateModelResourceRequirementsV2({ gpuLayers }),
      insights.estimateContextResourceRequirementsV2({ ...options, sequences: 1 }),
      insights.estimateContextResourceRequirementsV2({ ...options, sequences: 2 }),
    ]);
    return { weights, context: one, sequence: difference(two, one) };
  };
  // If the user sets the number of layers, those on a GPU are not counted.
  if (llama.gpu !== false && typeof settings.gpuLayers !== 'number') {
    const { free, total } = await llama.getVramState();
    const { weights, context, sequence } = await estimate(insights.totalLayers);
    // All memory counts, because other models are unloaded if there is too little.
    if (settings.gpuLayers === 'max' || weights.gpuVram + context.gpuVram <= total) {
      return {
        place: 'GPU',
        free,
        weights: weights.gpuVram,
        context: context.gpuVram,
        sequence: sequence.gpuVram,
      };
    }
  }
  const { weights, context, sequence } = await estimate(0);
  return {
    place: 'CPU',
    // The first value respects the limits of a container, the second one the memory of other programs.
    free: Math.min(process.availableMemory(), freemem()),
    weights: weights.cpuRam,
    context: context.cpuRam,
    sequence: sequence.cpuRam,
  };
}

/** Tokens of the largest batch of llama.cpp, and bytes of a score. */
const BATCH = { tokens: 512, scoreBytes: 4 };

/**
 * Context on a CPU. Undefined on a GPU, or if the file does not contain the number of heads.
 *
 * @param tokens tokens of each sequence
 */
export function cpuContext(
  llama: Llama,
  { metadata }: GgufFileInfo,
  tokens: number,
): CpuContext | undefined {
  const section: unknown = Reflect.get(metadata, metadata.general.architecture);
  const attention = isRecord(section) ? section['attention'] : undefined;
  const heads = isRecord(attention) ? attention['head_count'] : undefined;
  if (llama.gpu !== false || typeof heads !== 'number') return undefined;
  return { tokens, scoreBytes: heads * tokens * BATCH.tokens * BATCH.scoreBytes };
}

/** Settings that decide the cost of a context, besides its size. */
export function contextKind(settings: LoadSettings) {
  const kvType = GgmlType[nativeKvType(settings)];
  return {
    swaFullCache: true,
    flashAttention: nativeFlashAttention(settings),
    kvCacheKeyType: kvType,
    kvCacheValueType: kvType,
  };
}

interface Requirements {
  readonly cpuRam: number;
  readonly gpuVram: number;
}

function difference(more: Requirements, less: Requirements): Requirements {
  return { cpuRam: more.cpuRam - less.cpuRam, gpuVram: more.gpuVram - less.gpuVram };
}
