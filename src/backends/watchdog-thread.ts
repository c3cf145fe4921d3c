import { workerData } from 'node:worker_threads';
import { z } from 'zod';

const INTERVAL_MILLISECONDS = 500;
/** Memory grows by gigabytes in a second. */
const MEMORY_INTERVAL_MILLISECONDS = 50;

const options = z
  .object({ parent: z.number(), memoryBytes: z.number().optional() })
  .parse(workerData);

setInterval(() => {
  if (isGone(options.parent)) end();
}, INTERVAL_MILLISECONDS);

const { memoryBytes } = options;
if (memoryBytes !== undefined) {
  setInterval(() => {
    if (process.memoryUsage.rss() > memoryBytes) end();
  }, MEMORY_INTERVAL_MILLISECONDS);
}

/** Windows keeps the number of a parent that has ended, so its existence is checked too. */
function isGone(parent: number): boolean {
  if (process.ppid !== parent) return true;
  try {
    process.kill(parent, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** A thread can't run the exit handlers of its process. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
