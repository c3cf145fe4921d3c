import { abortReason } from '../../../core/abort.ts';

/** Length of a slice. Streams get their next tokens between slices. */
const SLICE_MS = 8;

/** Last turn in the queue of all computations in this process. */
let lastTurn: Promise<void> = Promise.resolve();

/**
 * Splits a long computation on the event loop into slices of a few milliseconds. Other work runs between them, and
 * computations take turns.
 */
export class TimeSlice {
  readonly #signal: AbortSignal;
  #startedAt = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Waits for the next slice if this one is over. Throws the signal's reason. */
  async pause(): Promise<void> {
    if (this.#signal.aborted) throw abortReason(this.#signal);
    if (performance.now() - this.#startedAt < SLICE_MS) return;
    lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
    await lastTurn;
    this.#startedAt = performance.now();
    if (this.#signal.aborted) throw abortReason(this.#signal);
  }
}
