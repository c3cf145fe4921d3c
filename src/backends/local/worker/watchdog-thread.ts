import { parentPort, workerData } from 'node:worker_threads';
import { isRecord } from '../../../core/json.ts';
import { cpuTime, MEMORY_SIGNAL, TIME_SIGNAL } from './watchdog.ts';

const INTERVAL_MILLISECONDS = 500;
/** Memory grows by gigabytes in a second. */
const LIMITS_INTERVAL_MILLISECONDS = 50;

const input: unknown = workerData;
const { parent, memoryBytes } = isRecord(input) ? input : {};

setInterval(() => {
  if (typeof parent === 'number' && isGone(parent)) end();
}, INTERVAL_MILLISECONDS);

let mostCpuTime = Infinity;
if (typeof memoryBytes === 'number') {
  parentPort?.on('message', (most: number) => (mostCpuTime = most));
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes) end(MEMORY_SIGNAL);
    if (cpuTime() > mostCpuTime) end(TIME_SIGNAL);
  }, LIMITS_INTERVAL_MILLISECONDS);
}

/** Windows keeps the number of a parent that has ended, so its existence is checked too. */
function isGone(server: number): boolean {
  if (process.ppid !== server) return true;
  try {
    process.kill(server, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** A thread can't run the exit handlers of its process. */
function end(signal: NodeJS.Signals = 'SIGKILL'): void {
  process.kill(process.pid, signal);
}
