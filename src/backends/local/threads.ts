/**
 * Number of threads for llama.cpp if no one names one. It spins at barriers: with more threads than idle
 * cores it decodes up to a hundred times slower. So a small machine leaves one core to the rest, and a
 * busy one those that are busy; up to half of them, since what keeps them busy may end soon.
 *
 * @param cores physical cores that calculate at full speed
 * @param busy number of them that are busy with other work
 */
export function defaultThreads(cores: number, busy: number): number {
  const most = cores <= 4 ? cores - 1 : cores;
  const idle = cores - Math.round(busy);
  return Math.max(1, Math.floor(most / 2), Math.min(most, idle));
}
