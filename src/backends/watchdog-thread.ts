import { workerData } from 'node:worker_threads';
import { isRecord } from '../core/json.ts';

const INTERVAL_MILLISECONDS = 500;
/** Memory grows by gigabytes in a second. */
const MEMORY_INTERVAL_MILLISECONDS = 50;

const input: unknown = workerData;
const { parent, memoryBytes } = isRecord(input) ? input : {};

setInterval(() => {
  if (typeof parent === 'number' && isGone(parent)) end();
}, INTERVAL_MILLISECONDS);

if (typeof memoryBytes === 'number') {
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes) end();
  }, MEMORY_INTERVAL_MILLISECONDS);
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
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
