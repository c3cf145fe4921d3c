import type { Steps } from '../../../core/steps.ts';

/** Part of a text by its indexes in UTF-16. The end is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Line break within a sentence: the next line goes on in lower case. */
const WRAP = /\r?\n(?=[^\S\n]*\p{Ll})/gu;
/** Abbreviation at the end of a text, such as "Dr." or "e.g.". */
const ABBREVIATION = /(?:^|[\s(])(?:\p{Lu}\p{Ll}{0,2}|\p{L}\.\p{L})\.\s{0,8}$/u;
/** Length of an end of a text in which an abbreviation is sought. */
const LONGEST_ABBREVIATION = 16;
/** Length of a paragraph from which it is split at a white space, so that a step takes no longer. */
const LONGEST = 20_000;

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Splits a text into its sentences, without the white space around them. */
export function* sentencesOf(text: string): Steps<readonly Span[]> {
  const spans: Span[] = [];
  // Spaces instead of wraps keep the length, and with it all indexes.
  const unwrapped = text.replace(WRAP, (wrap) => ' '.repeat(wrap.length));
  for (const paragraph of paragraphsOf(unwrapped)) {
    for (const span of sentencesIn(unwrapped, paragraph)) spans.push(span);
    yield;
  }
  return spans;
}

function* paragraphsOf(text: string): Generator<Span> {
  let start = 0;
  while (start < text.length) {
    const line = text.indexOf('\n', start);
    const lineEnd = line === -1 ? text.length : line + 1;
    const end = lineEnd - start > LONGEST ? cutOf(text, start) : lineEnd;
    yield { start, end };
    start = end;
  }
}

function cutOf(text: string, start: number): number {
  const space = text.lastIndexOf(' ', start + LONGEST);
  return space > start ? space + 1 : start + LONGEST;
}

function* sentencesIn(text: string, { start, end }: Span): Generator<Span> {
  let from = start;
  for (const { segment, index } of segmenter.segment(text.slice(start, end))) {
    const to = start + index + segment.length;
    if (to < end && endsInAbbreviation(segment)) continue;
    const span = trimmed(text, from, to);
    if (span.start < span.end) yield span;
    from = to;
  }
}

/** Returns true for the end of a piece that ends no sentence. */
export function endsInAbbreviation(text: string): boolean {
  return ABBREVIATION.test(text.slice(-LONGEST_ABBREVIATION));
}

function trimmed(text: string, from: number, to: number): Span {
  const piece = text.slice(from, to);
  const start = from + piece.length - piece.trimStart().length;
  return { start, end: start + piece.trim().length };
}
