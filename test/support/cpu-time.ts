/**
 * Milliseconds of CPU time that this process spends on work. Unlike the time that passes, they hardly
 * depend on what else the machine does.
 */
export function cpuMsOf(work: () => void): number {
  const clock = startCpuClock();
  work();
  return clock();
}

/** Returns a function that returns the milliseconds of CPU time which this process has spent since. */
export function startCpuClock(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
