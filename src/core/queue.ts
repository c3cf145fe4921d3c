import { RuntimeFailure } from './failure.ts';

/** A place in the queue for a slot. It must be left, whether its turn came or not. */
export interface Place {
  /** Requests that have to end before its turn comes; 0 from then on. */
  readonly ahead: number;
  /** Resolves when it is this request's turn; rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Entry {
  readonly start: () => void;
  readonly started: Promise<void>;
}

/** Requests that wait for one of some slots: first in, first out, and no more than `limit` waiting. */
export class SlotQueue {
  readonly #limit: number;
  readonly #running = new Set<Entry>();
  readonly #waiting: Entry[] = [];
  #slots = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Requests whose turn it is. */
  get busy(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many may have their turn at once; 1 before it was said. */
  get slots(): number {
    return this.#slots;
  }

  open(slots: number): void {
    this.#slots = slots;
    this.#advance();
  }

  /** Takes a place, or throws `overloaded` where too many wait already. */
  enter(): Place {
    if (this.#running.size >= this.#slots && this.#waiting.length >= this.#limit) {
      throw new RuntimeFailure(
        'overloaded',
        `Overloaded: ${this.#limit} requests are already waiting for this model. Try again shortly.`,
        { retryAfterSeconds: 2 },
      );
    }
    const entry = newEntry();
    this.#waiting.push(entry);
    this.#advance();
    const before = () => this.#waiting.indexOf(entry);
    return {
      get ahead() {
        return before() + 1;
      },
      turn: (signal) => raceAbort(entry.started, signal),
      leave: () => {
        this.#running.delete(entry);
        const index = before();
        if (index !== -1) this.#waiting.splice(index, 1);
        this.#advance();
      },
    };
  }

  #advance(): void {
    while (this.#running.size < this.#slots) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#running.add(next);
      next.start();
    }
  }
}

function newEntry(): Entry {
  let start = noStart;
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  return { start, started };
}

/** Stands until the promise of a turn has made its own. */
function noStart(): void {}

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
