import { availableParallelism, loadavg } from 'node:os';
import type { EngineSettings } from './engine-settings.ts';
import type { LocalSpec } from './spec.ts';

/**
 * Default number of threads for llama.cpp. It spins at barriers, so with more threads than idle cores it decodes up
 * to a hundred times slower. A small machine leaves one core free. A busy machine leaves its busy cores free, but at
 * most half of all, because the other work may end soon.
 *
 * @param cores number of physical cores at full speed
 * @param busy number of these cores with other work
 */
export function defaultThreads(cores: number, busy: number): number {
  const most = cores <= 4 ? cores - 1 : cores;
  const idle = cores - Math.round(busy);
  return Math.max(1, Math.floor(most / 2), Math.min(most, idle));
}

/**
 * Number of threads: the server's setting, the model's own, otherwise the default for this machine.
 *
 * @param cores number of physical cores at full speed
 */
export function threadsFor(
  spec: Pick<LocalSpec, 'threads'>,
  settings: Partial<Pick<EngineSettings, 'threads'>>,
  cores: number,
): number {
  // A container or an affinity may allow fewer cores than the machine has.
  const usable = Math.min(cores, availableParallelism());
  return settings.threads ?? spec.threads ?? defaultThreads(usable, loadavg()[0] ?? 0);
}
