import { JsonScan } from './json-scan.ts';
import { finderOf, heldBack, TextSet } from './marks.ts';
import { undecided } from './stops.ts';

/** A piece of a model's output, told apart. A call that the output cut off has no `call-end`. */
export type OutputPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'call-start'; readonly name: string }
  | { readonly type: 'call-json'; readonly json: string }
  | { readonly type: 'call-end' };

/**
 * Reads text that arrives bit by bit, as if it were there: it yields the pieces that are decided, and
 * undefined where it must wait for more text.
 */
export type Reading<Result = void> = Generator<OutputPiece | undefined, Result, void>;

/** The text to read: what has come and is not read yet, and whether more can come. */
export class Source {
  /** Text that was read before the latest feed; only ever appended to, so that it is not copied each time. */
  #before = '';
  /** The latest text, and what was not read of the text before it. */
  #text = '';
  /** Index in `#text` of what is read next. */
  #at = 0;
  /** Characters that were read and dropped before `#before`. */
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
   * No more text comes.
   *
   * @param cut the text may have been cut off, so that what is incomplete in it has no meaning
   */
  end(cut = true): void {
    this.#ended = true;
    this.#cut = cut;
  }

  /** True if the text may have been cut off. */
  get cut(): boolean {
    return this.#cut;
  }

  /** Whether the text ended where a reader needed more of it. */
  get starved(): boolean {
    return this.#starved;
  }

  /** What has come and is not read yet. */
  get rest(): string {
    return this.#text.slice(this.#at);
  }

  /** A place to come back to. */
  get place(): number {
    return this.#dropped + this.#before.length + this.#at;
  }

  /** Characters that were read again because a reading of them failed. */
  get reread(): number {
    return this.#reread;
  }

  /**
   * Reads on from an earlier place; not from before text that was streamed by `streamUntil`, unless
   * text was kept.
   */
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

  /** Sets whether streamed text is kept, so that it can be read again. */
  keep(kept: boolean): void {
    this.#kept = kept;
  }

  skip(length: number): void {
    this.#at += length;
  }

  /** Waits until something is there; false where the text ended instead. */
  *some(): Reading<boolean> {
    while (this.rest === '') {
      if (this.#ended) return this.#starve(false);
      yield undefined;
    }
    return true;
  }

  /** Reads past white space. */
  *skipSpace(): Reading {
    while (yield* this.some()) {
      const length = this.rest.length - this.rest.trimStart().length;
      this.skip(length);
      if (this.rest !== '') return;
    }
  }

  /** Reads past one of the texts, the longest that stands here, and gives it; undefined where none does. */
  take(...texts: readonly string[]): Reading<string | undefined> {
    return this.takeOf(new TextSet(texts));
  }

  /** The same for a set that is used again and again. */
  *takeOf(texts: TextSet): Reading<string | undefined> {
    for (;;) {
      const { rest } = this;
      const waits = texts.mayContinue(rest);
      // A longer one may still come where a shorter one is there already.
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
   * Reads text up to the first of the marks and past it, streaming it as pieces while it comes.
   *
   * @param marks texts that end it
   * @param piece makes a piece of the text that is decided
   * @param space `trim` leaves out white space before a mark
   * @returns the mark, and the white space that was left out; undefined where the text ended first
   */
  *streamUntil(
    marks: readonly string[],
    piece: (text: string) => OutputPiece,
    space: 'keep' | 'trim' = 'keep',
  ): Reading<{ readonly mark: string; readonly space: string } | undefined> {
    const finder = finderOf(marks);
    for (;;) {
      const rest = this.rest;
      const found = finder.find(rest);
      if (found !== undefined) {
        const before = rest.slice(0, found.at);
        const shown = space === 'trim' ? before.trimEnd() : before;
        if (shown !== '') yield piece(shown);
        this.skip(found.at);
        this.#release();
        this.skip(found.mark.length);
        return { mark: found.mark, space: before.slice(shown.length) };
      }
      const held = this.#ended ? 0 : heldBack(rest, marks, space);
      const shown = rest.slice(0, rest.length - held);
      if (shown !== '') yield piece(shown);
      this.skip(shown.length);
      this.#release();
      if (this.#ended) return this.#starve(undefined);
      yield undefined;
    }
  }

  /** Reads text up to the first of the marks and past it, all at once. */
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
      // What can't belong to a mark is not searched again with the next text.
      const decided = rest.slice(0, rest.length - undecided(rest, marks));
      text += decided;
      this.skip(decided.length);
      yield undefined;
    }
  }

  /**
   * Reads one JSON value, streaming its text as pieces. It looks at strings and brackets only, so that
   * what a model wrote wrongly comes through as it is. Gives whether the value is complete.
   */
  *streamJson(piece: (text: string) => OutputPiece): Reading<boolean> {
    const scan = new JsonScan();
    while (yield* this.some()) {
      const rest = this.rest;
      const length = scan.advance(rest);
      if (length > 0) yield piece(rest.slice(0, length));
      this.skip(length);
      if (scan.complete) return true;
      // A bare value, such as a number, ends before what can't belong to it.
      if (length < rest.length) return scan.begun;
    }
    return scan.bare;
  }

  /** The same, given as a whole; undefined where it is not complete. */
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

  /** Drops what has been read, so that a long text is not copied again with each piece. */
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
