import { RuntimeFailure } from '../../core/errors.ts';

/** A place in the queue for a slot. It must be left, whether its turn came or not. */
export interface Place {
  /** Requests before this one when it entered. */
  readonly ahead: number;
  /** Resolves when it is this request's turn; rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  leave(): void;
}

/** Stands until the promise of a turn has made its own. */
function noStart(): void {}

/** Requests that wait for one slot: first in, first out, and no more than `limit` waiting. */
export class SlotQueue {
  readonly #limit: number;
  readonly #places: { start: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Requests that have a place, the one whose turn it is included. */
  get length(): number {
    return this.#places.length;
  }

  /** Takes a place, or throws `overloaded` where too many wait already. */
  enter(): Place {
    if (this.#places.length > this.#limit) {
      throw new RuntimeFailure(
        'overloaded',
        `Overloaded: ${this.#limit} requests are already waiting for this model. Try again shortly.`,
        { retryAfterSeconds: 2 },
      );
    }
    let start = noStart;
    const started = new Promise<void>((resolve) => {
      start = resolve;
    });
    const entry = { start };
    const ahead = this.#places.push(entry) - 1;
    if (ahead === 0) start();
    return {
      ahead,
      turn: (signal) => raceAbort(started, signal),
      leave: () => {
        const index = this.#places.indexOf(entry);
        if (index === -1) return;
        this.#places.splice(index, 1);
        this.#places[0]?.start();
      },
    };
  }
}

/** The promise's value, or the signal's reason if that comes first. */
export function raceAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortReason(signal));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Why a request was given up, as a failure. */
export function abortReason(signal: AbortSignal): RuntimeFailure {
  return signal.reason instanceof RuntimeFailure
    ? signal.reason
    : new RuntimeFailure('cancelled', 'The request was cancelled.');
}
