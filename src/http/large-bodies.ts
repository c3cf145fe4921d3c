import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A body of more bytes needs many times as much memory until it is decoded. */
export const LARGE_BYTES = 2 * 1024 * 1024;

let isTaken = false;
const waiting: (() => void)[] = [];

/**
 * Lets one large body at a time be decoded, which takes many times its bytes; the others wait in their
 * order. It is not held while a body comes in: a client that stops sending must not stop the others.
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
 * Has the memory of a large request collected when it is over. V8 lets a process grow to several times
 * of what it needs before it collects large strings, and models need that memory: without this, bodies
 * of 31 MB one after the other take 770 MB. The pause grows with what is still in use.
 */
export function collectAfter(response: ServerResponse): void {
  response.once('close', () => {
    if (isDue) return;
    isDue = true;
    // Once for all that end together.
    setImmediate(() => {
      isDue = false;
      (collect ??= findCollector())();
    });
  });
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
