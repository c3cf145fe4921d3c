import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Size above which a body counts as large. */
export const LARGE_BYTES = 2 * 1024 * 1024;

let isTaken = false;
const waiting: (() => void)[] = [];

/**
 * Waits for the turn to decode a large body. One is decoded at a time, because that takes many times its
 * bytes. Bodies are received outside of the turn, so that a stalled client does not block others.
 *
 * @returns a function that lets the next one begin; call it once
 */
export async function largeBodyTurn(): Promise<() => void> {
  if (isTaken) await new Promise<void>((resolve) => waiting.push(resolve));
  isTaken = true;
  return () => {
    const next = waiting.shift();
    if (next === undefined) isTaken = false;
    else next();
  };
}

let collect: (() => void) | undefined;
let isDue = false;

/**
 * Collects the memory of a large request after its end. V8 lets a process grow to several times its need
 * before it collects large strings, and models need that memory: without this, consecutive bodies of 31 MB
 * take 770 MB. The pause grows with the memory in use.
 */
export function collectAfter(response: ServerResponse): void {
  response.once('close', () => {
    if (isDue) return;
    isDue = true;
    // One collection for all requests that end together.
    setImmediate(() => {
      isDue = false;
      (collect ??= findCollector())();
    });
  });
}

/** Finds V8's collector, which is available in a new context without a command-line flag. */
function findCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const found: unknown = runInNewContext('gc');
  return isFunction(found) ? found : () => undefined;
}

function isFunction(value: unknown): value is () => void {
  return typeof value === 'function';
}
