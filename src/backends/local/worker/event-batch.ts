/** Longest time that events of a call wait for others. */
const INTERVAL_MILLISECONDS = 5;
/** Delay of the first event. Sent at once, it would delay the next token, which then already runs in its own thread. */
const DELAY_MILLISECONDS = 1;

/**
 * Collects items into batches. The first item is sent soon, and those of the next few milliseconds together, because
 * a message between processes costs as much as a token of a small model.
 */
export class EventBatch<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentAt = -INTERVAL_MILLISECONDS;

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#timer !== undefined) return;
    const left = this.#sentAt + INTERVAL_MILLISECONDS - performance.now();
    this.#timer = setTimeout(() => this.#sendAll(), Math.max(DELAY_MILLISECONDS, left));
  }

  /** Sends the rest. */
  close(): void {
    this.#sendAll();
  }

  #sendAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#sentAt = performance.now();
    this.#send(items);
  }
}
