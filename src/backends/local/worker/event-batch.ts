/** Longest time that an event waits for others of its type: a stream of 30 messages a second looks continuous. */
const LONGEST_WAIT_MS = 33;
/** The same for an event of another type than the last one, such as the first delta of an answer. */
const SHORT_WAIT_MS = 5;
/** Delay of the first event. Sent at once, it would delay the next token, which then already runs in its own thread. */
const DELAY_MS = 1;

/**
 * Collects events into batches, because a message between processes, and its write to a client, cost as much as a
 * token of a small model. An event after a pause is sent soon, so tokens of a slow model do not wait.
 */
export class EventBatch<Event extends { readonly type: string }> {
  readonly #send: (events: readonly Event[]) => void;
  #events: Event[] = [];
  #type: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Time at which the timer fires. */
  #due = Infinity;
  #sentAt = -LONGEST_WAIT_MS;

  constructor(send: (events: readonly Event[]) => void) {
    this.#send = send;
  }

  add(event: Event): void {
    const wait = event.type === this.#type ? LONGEST_WAIT_MS : SHORT_WAIT_MS;
    this.#events.push(event);
    this.#type = event.type;
    const now = performance.now();
    const due = Math.max(now + DELAY_MS, this.#sentAt + wait);
    if (due >= this.#due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#sendAll(), due - now);
  }

  /** Sends the rest. */
  close(): void {
    this.#sendAll();
  }

  #sendAll(): void {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#sentAt = performance.now();
    this.#send(events);
  }
}
