import type { Citation } from '../../../core/citation.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import { deltas } from '../../../core/events.ts';
import { endsInAbbreviation } from './sentences.ts';

/** Passages that a mark names, by their numbers. */
export interface MarkedRange {
  readonly first: number;
  readonly last: number;
}

/** Writes the mark of a passage, or of several in a row. */
export function writeMark({ first, last }: MarkedRange): string {
  return first === last ? `[^${first}]` : `[^${first}-${last}]`;
}

// All repetitions have limits, so that a text of any kind is searched in linear time.
const NUMBERS = String.raw`[1-9][\d^,;\s–-]{0,40}`;
const MARK = String.raw`\s{0,8}\[\^${NUMBERS}\]`;
const BEGUN = String.raw`\[(?:\^(?:${NUMBERS})?)?`;
/** One or several marks in a row: `[^1]`, `[^2, 4]`, `[^3-5]`. */
const MARKS = new RegExp(`${MARK}(?:${MARK})*`, 'u');
/** End of a text at which marks may go on. */
const OPEN_END = new RegExp(String.raw`(?:${MARK})*\s{0,8}(?:${BEGUN})?$`, 'u');
/** Mark that the end of an answer cut off. */
const CUT_MARK = new RegExp(String.raw`\s{0,8}\[\^(?:${NUMBERS})?$`, 'u');
/** End of a sentence or a line before another one. */
const SENTENCE_END = /(?:[.!?…]["'”’)\]*_]{0,8}\s{1,8}|[。！？]|\n\s{0,8})(?=\S)/gu;
/** Longest piece that is read at once. */
const PIECE = 1000;
/** Characters without an end of a sentence after which a text is sent. */
const MOST_HELD = 2000;

/**
 * Reads the marks of citations out of an answer's text, and separates the sentences before them. A sentence
 * waits until it is certain that no mark follows it.
 */
export class MarkReader {
  readonly #resolve: (range: MarkedRange) => Citation | undefined;
  #held = '';
  #dropped = 0;

  /** @param resolve returns the citation of passages; undefined if there are none with these numbers */
  constructor(resolve: (range: MarkedRange) => Citation | undefined) {
    this.#resolve = resolve;
  }

  /** Number of marks that did not lead to a citation. */
  get dropped(): number {
    return this.#dropped;
  }

  *push(text: string): Generator<GenerationEvent> {
    for (let start = 0; start < text.length; start += PIECE) {
      this.#held += text.slice(start, start + PIECE);
      yield* this.#read(false);
      const body = this.#held.slice(0, openEnd(this.#held));
      yield* this.#send(body.length > MOST_HELD ? body.length : lastSentence(body));
    }
  }

  /** Yields the rest of the text. */
  *end(): Generator<GenerationEvent> {
    yield* this.#read(true);
    const text = this.#held.replace(CUT_MARK, '');
    this.#held = '';
    yield* deltas('text-delta', text);
  }

  /** @param isWhole no text follows, so the last mark is complete */
  *#read(isWhole: boolean): Generator<GenerationEvent> {
    for (;;) {
      const found = MARKS.exec(this.#held);
      if (found === null) return;
      const after = found.index + found[0].length;
      if (!isWhole && openEnd(this.#held) < after) return;
      yield* this.#cite(found.index, this.#citationsIn(found[0]), after);
    }
  }

  *#cite(end: number, citations: readonly Citation[], after: number): Generator<GenerationEvent> {
    const before = this.#held.slice(0, end);
    const rest = this.#held.slice(after);
    const start = lastSentence(before);
    const passage = before.slice(start);
    if (citations.length === 0 || passage.trim() === '') {
      this.#dropped += citations.length;
      this.#held = before + rest;
      return;
    }
    yield* deltas('text-delta', before.slice(0, start));
    yield { type: 'cited-text', text: passage, citations };
    this.#held = rest;
  }

  #citationsIn(marks: string): readonly Citation[] {
    const citations = new Map<string, Citation>();
    for (const [, first = '', last = first] of marks.matchAll(/(\d+)(?:\s*[–-]\s*\^?(\d+))?/g)) {
      const citation = this.#resolve({ first: Number(first), last: Number(last) });
      if (citation === undefined) this.#dropped += 1;
      else citations.set(JSON.stringify(citation), citation);
    }
    return [...citations.values()];
  }

  *#send(end: number): Generator<GenerationEvent> {
    yield* deltas('text-delta', this.#held.slice(0, end));
    this.#held = this.#held.slice(end);
  }
}

/** Index at which the last sentence of a text begins. */
function lastSentence(text: string): number {
  let start = 0;
  for (const { index, 0: end } of text.matchAll(SENTENCE_END)) {
    const next = index + end.length;
    if (!endsInAbbreviation(text.slice(start, next))) start = next;
  }
  return start;
}

/** Index of the white space, the marks and a possible begin of a mark at the end of a text. */
function openEnd(text: string): number {
  return OPEN_END.exec(text)?.index ?? text.length;
}
