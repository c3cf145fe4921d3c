import { isSmall } from '../../../core/json-writer.ts';

/** Number of lists that are kept. */
const MOST_LISTS = 8;

/** Results for recent lists of a request. A list with the same JSON has the same result, which is the same object. */
export class RecentLists<Result> {
  readonly #results = new Map<string, Result>();

  /** JSON of a list; undefined if it is empty, or too large to be kept. */
  keyOf(list: readonly unknown[]): string | undefined {
    return list.length > 0 && isSmall(list) ? JSON.stringify(list) : undefined;
  }

  /** Returns the result for a list, which is then the most recent one. */
  get(key: string | undefined): Result | undefined {
    const result = key === undefined ? undefined : this.#results.get(key);
    if (result !== undefined) this.set(key, result);
    return result;
  }

  set(key: string | undefined, result: Result): void {
    if (key === undefined) return;
    this.#results.delete(key);
    this.#results.set(key, result);
    if (this.#results.size <= MOST_LISTS) return;
    const [oldest = ''] = this.#results.keys();
    this.#results.delete(oldest);
  }
}
