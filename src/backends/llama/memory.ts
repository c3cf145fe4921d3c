import { freemem } from 'node:os';
import type { Llama, LlamaModel } from 'node-llama-cpp';
import type { MemoryEstimate } from './slot-count.ts';

/** Estimates what a model needs with contexts of this size in tokens, and measures what is free. */
export async function estimateMemory(
  llama: Llama,
  head: LlamaModel,
  contextSize: number,
): Promise<MemoryEstimate> {
  const insights = head.fileInsights;
  const estimate = async (gpuLayers: number) => {
    const options = { contextSize, modelGpuLayers: gpuLayers, swaFullCache: true };
    const [weights, one, two] = await Promise.all([
      insights.estimateModelResourceRequirementsV2({ gpuLayers }),
      insights.estimateContextResourceRequirementsV2({ ...options, sequences: 1 }),
      insights.estimateContextResourceRequirementsV2({ ...options, sequences: 2 }),
    ]);
    return { weights, context: one, sequence: difference(two, one) };
  };
  if (llama.gpu !== false) {
    const { free } = await llama.getVramState();
    const { weights, context, sequence } = await estimate(insights.totalLayers);
    if (weights.gpuVram + context.gpuVram <= free) {
      return {
        free,
        weights: weights.gpuVram,
        context: context.gpuVram,
        sequence: sequence.gpuVram,
      };
    }
  }
  const { weights, context, sequence } = await estimate(0);
  return {
    // The first knows of the limits of a container, the second of memory that others have in use.
    free: Math.min(process.availableMemory(), freemem()),
    weights: weights.cpuRam,
    context: context.cpuRam,
    sequence: sequence.cpuRam,
  };
}

interface Requirements {
  readonly cpuRam: number;
  readonly gpuVram: number;
}

function difference(more: Requirements, less: Requirements): Requirements {
  return { cpuRam: more.cpuRam - less.cpuRam, gpuVram: more.gpuVram - less.gpuVram };
}
