import { append } from '../../../core/lists.ts';

/** Channel of items that arrive at any time and are read in order. It ends or fails once. */
export class EventChannel<Item> {
  readonly #items: Item[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: () => void = () => undefined;

  push(items: readonly Item[]): void {
    append(this.#items, items);
    this.#wake();
  }

  end(): void {
    this.#end ??= {};
    this.#wake();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** Reads all items, then returns, or throws the error of the channel. */
  async *read(): AsyncGenerator<Item> {
    for (;;) {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
        yield item;
      }
      if (this.#end !== undefined) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if ('error' in this.#end) throw this.#end.error;
  }
}
