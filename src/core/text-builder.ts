/** Pieces that are joined at once. */
const MOST_PIECES = 1024;

/**
 * Text that grows by pieces. V8 keeps the pieces of a string that is built by `+=` until it is read, which takes
 * many times the memory of the text if they are tokens.
 */
export class TextBuilder {
  readonly #joined: string[] = [];
  #pieces: string[] = [];

  append(text: string): void {
    if (this.#pieces.push(text) === MOST_PIECES) this.#join();
  }

  toString(): string {
    this.#join();
    const text = this.#joined.join('');
    this.#joined.splice(0, Infinity, text);
    return text;
  }

  #join(): void {
    this.#joined.push(this.#pieces.join(''));
    this.#pieces = [];
  }
}
