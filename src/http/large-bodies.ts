import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A body of so many bytes leaves tens of megabytes of garbage behind. */
const LARGE_BYTES = 4 * 1024 * 1024;

let collect: (() => void) | undefined;

/**
 * Has the memory of a large request collected when it is over. V8 lets a process grow to several times
 * of what it needs before it collects large strings, and models need that memory.
 */
export function collectAfter(response: ServerResponse, bytes: number): void {
  if (bytes < LARGE_BYTES) return;
  response.once('close', () => setImmediate((collect ??= findCollector())));
}

/** V8's own function; no flag of the command line is needed for it in a new context. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  return isFunction(found) ? found : () => undefined;
}

function isFunction(value: unknown): value is () => void {
  return typeof value === 'function';
}
