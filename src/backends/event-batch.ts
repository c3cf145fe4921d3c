/** Events of one call wait this long at most for others to travel with. */
const INTERVAL_MILLISECONDS = 5;

/**
 * Gathers items into batches: the first goes at once, what follows within a few milliseconds goes
 * together, since each message between processes costs about as much as a small model's token.
 */
export class EventBatch<Item> {
  readonly #send: (items: readonly Item[]) => void;
  #items: Item[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (items: readonly Item[]) => void) {
    this.#send = send;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#timer !== undefined) return;
    this.#sendAll();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sendAll();
    }, INTERVAL_MILLISECONDS);
  }

  /** Sends what is left. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sendAll();
  }

  #sendAll(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}
