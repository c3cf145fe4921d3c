import { raceAbort } from './abort.ts';
import { RuntimeFailure } from './failure.ts';

/** Ticket of a queued request. Always call `leave()`, even if no slot was granted. */
export interface Place {
  /** Number of requests that must end before this one's turn; 0 afterwards. */
  readonly ahead: number;
  /** Resolves when it is this request's turn; rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  leave(): void;
}

interface Entry {
  readonly start: () => void;
  readonly started: Promise<void>;
}

/** FIFO queue of requests for a number of slots, with at most `limit` waiting. */
export class SlotQueue {
  readonly #limit: number;
  readonly #running = new Set<Entry>();
  readonly #waiting: Entry[] = [];
  #slots = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of requests that have a slot. */
  get busy(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Number of slots; 1 until it is set. */
  get slots(): number {
    return this.#slots;
  }

  open(slots: number): void {
    this.#slots = slots;
    this.#advance();
  }

  /** Enters the queue. Throws `overloaded` if too many requests are waiting. */
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

/** Placeholder; the Promise executor replaces it synchronously. */
function noStart(): void {}
