import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Work in steps: at each `yield`, the event loop may serve other requests. A step takes about a millisecond,
 * whatever the input.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Time that work may block the event loop. */
const SLICE_MILLISECONDS = 10;

/** Runs the work without pauses and returns its result. For input that is known to be small. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Runs the work in slices, between which the event loop serves other requests, and returns its result.
 *
 * @throws the reason of `signal`, if it aborts before the work is done
 */
export async function inSlices<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  let began = performance.now();
  let isLong = false;
  for (;;) {
    const step = steps.next();
    // The caller's use of the result may take long too.
    if (step.done === true && isLong) await nextTurn();
    if (step.done === true) return step.value;
    if (performance.now() - began < SLICE_MILLISECONDS) continue;
    isLong = true;
    await nextTurn();
    signal?.throwIfAborted();
    began = performance.now();
  }
}

/** Runs steps until the work is done or `isEnough` returns true. Returns true if the work is done. */
export function* until(steps: Steps<void>, isEnough: () => boolean): Steps<boolean> {
  while (!isEnough()) {
    if (steps.next().done === true) return true;
    yield;
  }
  return false;
}

/** Number of items that are processed within a few milliseconds. */
const FEW = 1000;

/** Lets the event loop serve other requests before work on many items. */
export async function beforeWorkOn(items: number): Promise<void> {
  if (items > FEW) await nextTurn();
}
