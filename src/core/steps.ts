import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Work in steps: at each `yield`, the event loop may serve other requests. A step takes about a millisecond,
 * whatever the input.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Time that work may block the event loop. */
const SLICE_MS = 10;

/** Runs the work without pauses and returns its result. For input that is known to be small. */
export function finish<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Time that all work together took in this turn of the event loop. */
let spentMs = 0;

function spend(milliseconds: number): void {
  if (spentMs === 0) setImmediate(() => (spentMs = 0));
  spentMs += milliseconds;
}

let lastTurn: Promise<void> = Promise.resolve();

/** Waits for a turn of the event loop that no other waiting work has. */
function ownTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => nextTurn());
  return lastTurn;
}

/**
 * Runs the work in slices, between which the event loop serves other requests, and returns its result. The
 * work of all callers shares the time of a turn, so that many small works do not add up to a long one.
 *
 * @throws the reason of `signal`, if it aborts before the work is done
 */
export async function inSlices<Result>(
  steps: Steps<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  let isLong = spentMs >= SLICE_MS;
  if (isLong) await ownTurn();
  for (;;) {
    signal?.throwIfAborted();
    const step = runSlice(steps);
    // The caller's use of the result may take long too.
    if (step.done === true && isLong) await ownTurn();
    if (step.done === true) return step.value;
    isLong = true;
    await ownTurn();
  }
}

/** Runs steps for the time of one slice. Returns the last one. */
function runSlice<Result>(steps: Steps<Result>): IteratorResult<undefined, Result> {
  const began = performance.now();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true || performance.now() - began >= SLICE_MS) return step;
    }
  } finally {
    spend(performance.now() - began);
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

/** Bytes of model servers' answers that are worked on in a turn, all answers together: a few milliseconds. */
const MOST_TURN_BYTES = 64 * 1024;

let turnBytes = 0;

/** Lets the event loop serve other requests before work on bytes that would make this turn long. */
export async function beforeWorkOnBytes(bytes: number): Promise<void> {
  if (turnBytes === 0) setImmediate(() => (turnBytes = 0));
  turnBytes += bytes;
  if (turnBytes > MOST_TURN_BYTES) await ownTurn();
}

/** Items that are worked on in a turn, those of all requests together: a few milliseconds. */
const MOST_TURN_ITEMS = 1000;

let turnItems = 0;

/** Lets the event loop serve other requests before work on items, such as turns or tools, that would make this turn long. */
export async function beforeWorkOn(items: number): Promise<void> {
  if (items === 0) return;
  if (turnItems === 0) setImmediate(() => (turnItems = 0));
  turnItems += items;
  if (turnItems > MOST_TURN_ITEMS) await ownTurn();
}
