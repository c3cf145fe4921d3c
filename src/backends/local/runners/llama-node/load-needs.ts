import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import type { LlamaModel } from 'node-llama-cpp';
import type { LoadNeeds } from '../../memory/eviction.ts';

/** Memory that a model needs with its projector and one slot, if all of it is main memory. */
export async function loadNeeds(
  { fileInsights }: LlamaModel,
  mmproj: string,
  contextSize: number,
): Promise<LoadNeeds> {
  const [weights, context] = await Promise.all([
    fileInsights.estimateModelResourceRequirementsV2({ gpuLayers: 0 }),
    fileInsights.estimateContextResourceRequirementsV2({
      contextSize,
      modelGpuLayers: 0,
      sequences: 1,
      swaFullCache: true,
    }),
  ]);
  return {
    place: 'CPU',
    free: Math.min(process.availableMemory(), freemem()),
    weights: weights.cpuRam + statSync(mmproj).size,
    context: context.cpuRam,
    sequence: 0,
    parallel: 1,
  };
}
