/** How long back a rate looks: long enough to be steady, short enough to follow. */
const WINDOW_MILLISECONDS = 5000;

/** Measures how fast a number grows. */
export class RateMeter {
  #samples: { readonly at: number; readonly done: number }[] = [];

  /** Notes how far it is at a time in milliseconds. A number that shrinks begins anew. */
  add(done: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && done < last.done) this.#samples = [];
    this.#samples.push({ at, done });
    while ((this.#samples[1]?.at ?? at) < at - WINDOW_MILLISECONDS) this.#samples.shift();
  }

  /** Per second, or undefined as long as that can't be told. */
  get perSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < 100) return undefined;
    return ((last.done - first.done) * 1000) / (last.at - first.at);
  }
}
