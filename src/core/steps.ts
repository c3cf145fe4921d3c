import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Work in steps: each `yield` is a place where the event loop may serve others. A step takes a
 * millisecond or so, whatever the input.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Time that work may hold the event loop before others have their turn. */
const SLICE_MILLISECONDS = 10;

/** Result of the work, all of it in one go. For input that is known to be small. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Result of the work, done in slices between which the event loop serves others.
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
    // What the result is used for may take long too.
    if (step.done === true && isLong) await nextTurn();
    if (step.done === true) return step.value;
    if (performance.now() - began < SLICE_MILLISECONDS) continue;
    isLong = true;
    await nextTurn();
    signal?.throwIfAborted();
    began = performance.now();
  }
}

/** Does steps of the work until it is done or there is enough of it. Returns true if it is done. */
export function* until(steps: Steps<void>, isEnough: () => boolean): Steps<boolean> {
  while (!isEnough()) {
    if (steps.next().done === true) return true;
    yield;
  }
  return false;
}

/** Items that are gone through within a few milliseconds. */
const FEW = 1000;

/** Gives others their turn before work that goes through so many items. */
export async function beforeWorkOn(items: number): Promise<void> {
  if (items > FEW) await nextTurn();
}
