/** Events of one call wait this long at most for others to travel with. */
const INTERVAL_MILLISECONDS = 5;
/** What is sent at once holds the next token up: by then that is under way in a thread of its own. */
const DELAY_MILLISECONDS = 1;

/**
 * Gathers items into batches: the first goes at the next occasion, what follows within a few
 * milliseconds goes together, since a message between processes costs as much as a small model's token.
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

  /** Sends what is left. */
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
