import { parentPort, workerData } from 'node:worker_threads';
import { isRecord } from '../../../core/json.ts';
import { cpuTime, MEMORY_SIGNAL, TIME_SIGNAL } from './watchdog.ts';
import type { WatchMessage } from './watchdog.ts';

const INTERVAL_MS = 500;
/** Interval of the checks of limits. Memory can grow by gigabytes in a second. */
const LIMITS_INTERVAL_MS = 50;

const input: unknown = workerData;
const { parent, memoryBytes } = isRecord(input) ? input : {};
const hasLimits = typeof memoryBytes === 'number';

let timer: NodeJS.Timeout | undefined;

parentPort?.on('message', (mostCpuTime: WatchMessage) => {
  clearInterval(timer);
  if (mostCpuTime === null) return;
  const interval = hasLimits ? LIMITS_INTERVAL_MS : INTERVAL_MS;
  timer = setInterval(() => check(mostCpuTime), interval);
});

function check(mostCpuTime: number): void {
  if (typeof parent === 'number' && isGone(parent)) end();
  if (hasLimits && process.memoryUsage.rss() > memoryBytes) end(MEMORY_SIGNAL);
  if (cpuTime() > mostCpuTime) end(TIME_SIGNAL);
}

/** Returns true if the parent has ended. Windows keeps its number, so its existence is checked too. */
function isGone(server: number): boolean {
  if (process.ppid !== server) return true;
  try {
    process.kill(server, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Ends the process by a signal, because a thread can't run its exit handlers. */
function end(signal: NodeJS.Signals = 'SIGKILL'): void {
  process.kill(process.pid, signal);
}
