import { JsonScan } from './json-scan.ts';
import { finderOf, mayGrow, TextSet } from './marks.ts';
import { undecided } from './stops.ts';

/** Parsed piece of a model's output. A call that was cut off has no `call-end`. */
export type OutputPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'call-start'; readonly name: string }
  | { readonly type: 'call-json'; readonly json: string }
  | { readonly type: 'call-end' };

/** Parser of streamed text. It yields decided pieces, and undefined if it needs more text. */
export type Reading<Result = void> = Generator<OutputPiece | undefined, Result, void>;

/** Streamed text with a read position. */
export class Source {
  /** Text that was read before the latest feed. It is only appended to, which avoids copies. */
  #before = '';
  /** Unread text at the time of the latest feed, and the text of that feed. */
  #text = '';
  /** Read position in `#text`. */
  #at = 0;
  /** Number of characters that were read and dropped before `#before`. */
  #dropped = 0;
  #reread = 0;
  #ended = false;
  #starved = false;
  #cut = true;
  #kept = false;

  /** Adds text at the end. */
  feed(text: string): void {
    this.#before += this.#text.slice(0, this.#at);
    this.#text = this.#text.slice(this.#at) + text;
    this.#at = 0;
  }

  /**
   * Marks the end of the text.
   *
   * @param cut the text may have been cut off, so that an incomplete end has no meaning
   */
  end(cut = true): void {
    this.#ended = true;
    this.#cut = cut;
  }

  /** True if no more text comes. */
  get ended(): boolean {
    return this.#ended;
  }

  /** True if the text may have been cut off. */
  get cut(): boolean {
    return this.#cut;
  }

  /** True if the text ended when a reader needed more. */
  get starved(): boolean {
    return this.#starved;
  }

  /** Unread text. */
  get rest(): string {
    return this.#text.slice(this.#at);
  }

  /** Read position, for `rewind`. */
  get place(): number {
    return this.#dropped + this.#before.length + this.#at;
  }

  /** Number of characters that were rewound after failed reads. */
  get reread(): number {
    return this.#reread;
  }

  /** Continues from an earlier place, which must not be before streamed text unless that was kept. */
  rewind(place: number): void {
    this.#reread += this.place - place;
    this.#at = place - this.#dropped - this.#before.length;
    if (this.#at < 0) {
      this.#text = this.#before + this.#text;
      this.#at += this.#before.length;
      this.#before = '';
    }
    this.#starved = false;
  }

  /** Keeps streamed text from now on, so that it can be read again, or stops doing so. */
  keep(kept: boolean): void {
    this.#kept = kept;
  }

  skip(length: number): void {
    this.#at += length;
  }

  /** Waits for unread text. Returns false if the text ended instead. */
  *some(): Reading<boolean> {
    while (this.rest === '') {
      if (this.#ended) return this.#starve(false);
      yield undefined;
    }
    return true;
  }

  /** Skips white space. */
  *skipSpace(): Reading {
    while (yield* this.some()) {
      const length = this.rest.length - this.rest.trimStart().length;
      this.skip(length);
      if (this.rest !== '') return;
    }
  }

  /** Reads the longest of the given texts that comes next, and returns it; undefined if none does. */
  take(...texts: readonly string[]): Reading<string | undefined> {
    return this.takeOf(new TextSet(texts));
  }

  /** Same as `take`, for a set that is reused. */
  *takeOf(texts: TextSet): Reading<string | undefined> {
    for (;;) {
      const { rest } = this;
      const waits = texts.mayContinue(rest);
      // A longer text of the set may still come, even if a shorter one is complete.
      if (!waits || this.#ended) {
        const found = texts.beginningOf(rest);
        if (found === undefined) return waits ? this.#starve(undefined) : undefined;
        this.skip(found.length);
        return found;
      }
      yield undefined;
    }
  }

  /**
   * Reads text and the first of the marks after it. Streams the text as pieces while it arrives.
   *
   * @param marks texts that end it
   * @param piece creates a piece from decided text
   * @param space `trim` leaves out white space before a mark
   * @returns the mark, and the white space that was left out; undefined if the text ended first
   */
  *streamUntil(
    marks: readonly string[],
    piece: (text: string) => OutputPiece,
    space: 'keep' | 'trim' = 'keep',
  ): Reading<{ readonly mark: string; readonly space: string } | undefined> {
    const finder = finderOf(marks);
    // White space that may be before a mark. It is searched once, so that a long one costs linear time.
    let held = '';
    for (;;) {
      const rest = this.rest;
      const found = finder.find(rest);
      // A longer mark may still begin at the same place.
      const isFound = found !== undefined && (this.#ended || !mayGrow(rest.slice(found.at), marks));
      const wait = this.#ended ? 0 : undecided(rest, marks);
      const part = rest.slice(0, isFound ? found.at : rest.length - wait);
      const shown = space === 'trim' && (isFound || !this.#ended) ? part.trimEnd() : part;
      if (shown !== '') yield piece(held + shown);
      held = (shown === '' ? held : '') + part.slice(shown.length);
      this.skip(part.length);
      this.#release();
      if (isFound) {
        this.skip(found.mark.length);
        return { mark: found.mark, space: held };
      }
      if (this.#ended) {
        if (held !== '') yield piece(held);
        return this.#starve(undefined);
      }
      yield undefined;
    }
  }

  /** Reads text and the first of the marks after it, and returns both together. */
  *readUntil(...marks: readonly string[]): Reading<{ text: string; mark: string } | undefined> {
    const start = this.place;
    const finder = finderOf(marks);
    let text = '';
    for (;;) {
      const rest = this.rest;
      const found = finder.find(rest);
      if (found !== undefined) {
        text += rest.slice(0, found.at);
        this.skip(found.at + found.mark.length);
        return { text, mark: found.mark };
      }
      if (this.#ended) {
        this.rewind(start);
        return this.#starve(undefined);
      }
      // Text that can't belong to a mark is not searched again with the next feed.
      const decided = rest.slice(0, rest.length - undecided(rest, marks));
      text += decided;
      this.skip(decided.length);
      yield undefined;
    }
  }

  /**
   * Reads one JSON value and streams its text as pieces. It checks only strings and brackets, so that
   * malformed JSON passes unchanged. Returns true if the value is complete.
   */
  *streamJson(piece: (text: string) => OutputPiece): Reading<boolean> {
    const scan = new JsonScan();
    while (yield* this.some()) {
      const rest = this.rest;
      const length = scan.advance(rest);
      if (length > 0) yield piece(rest.slice(0, length));
      this.skip(length);
      if (scan.complete) return true;
      // A bare value, such as a number, ends before a character that can't belong to it.
      if (length < rest.length) return scan.begun;
    }
    return scan.bare;
  }

  /** Reads one JSON value and returns its text; undefined if it is not complete. */
  *readJson(): Reading<string | undefined> {
    let json = '';
    const scanning = this.streamJson((text) => ({ type: 'text', text }));
    for (;;) {
      const step = scanning.next();
      if (step.done === true) return step.value ? json : undefined;
      if (step.value === undefined) yield undefined;
      else if (step.value.type === 'text') json += step.value.text;
    }
  }

  /** Drops text that has been read, so that a long text is not copied with each piece. */
  #release(): void {
    if (this.#kept) return;
    this.#dropped += this.#before.length;
    this.#before = '';
    this.#dropped += this.#at;
    this.#text = this.rest;
    this.#at = 0;
  }

  #starve<Result>(result: Result): Result {
    this.#starved = true;
    return result;
  }
}
