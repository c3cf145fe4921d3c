import { statSync } from 'node:fs';
import { freemem } from 'node:os';
import type { LlamaModel } from 'node-llama-cpp';
import type { LoadNeeds } from '../../memory/eviction.ts';
import type { ServerDevice } from './probe-binary.ts';

/** Estimates the memory of a model: on the GPU of llama-server if all of it fits there, otherwise in main memory. */
export async function loadNeeds(
  { fileInsights }: LlamaModel,
  devices: readonly ServerDevice[],
  contextSize: number,
  mmproj: string | undefined,
): Promise<Omit<LoadNeeds, 'parallel'>> {
  const context = async (sequences: number) => {
    const options = { contextSize, modelGpuLayers: 0, sequences, swaFullCache: true };
    return (await fileInsights.estimateContextResourceRequirementsV2(options)).cpuRam;
  };
  const [{ cpuRam: weights }, one, two] = await Promise.all([
    fileInsights.estimateModelResourceRequirementsV2({ gpuLayers: 0 }),
    context(1),
    context(2),
  ]);
  const needs = {
    weights: weights + (mmproj === undefined ? 0 : statSync(mmproj).size),
    context: one,
    sequence: two - one,
  };
  if (needs.weights + needs.context <= sum(devices, 'totalBytes')) {
    return { place: 'GPU', free: sum(devices, 'freeBytes'), ...needs };
  }
  return { place: 'CPU', free: Math.min(process.availableMemory(), freemem()), ...needs };
}

function sum(devices: readonly ServerDevice[], size: 'totalBytes' | 'freeBytes'): number {
  return devices.reduce((bytes, device) => bytes + device[size], 0);
}
