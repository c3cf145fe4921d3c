import { SLOT } from './layout.ts';

/** A token that steers a model, as vocabularies write it: `<|…|>`, `<|…>`, `<…|>`, `<｜…｜>`, `]<]…[>[`. */
const SPECIAL = String.raw`<\|[^<>|\s]+\|?>|<[^<>|\s]+\|>|<｜[^<>｜]+｜>|\]<\][\w.-]+\[>\[`;

/** A tag in angle brackets, or in square ones and capitals. */
const TAG = String.raw`${SPECIAL}|<\/?｜[^<>｜\s]+｜ \w+>|<\/?[^<>\s]+>|\[\/?[A-Z][A-Z0-9_ ]*\]`;

/** Words between two special tokens belong to them: `<|open|>tools<|sep|>`. */
const UNIT = String.raw`(?:${SPECIAL})[\w.-]+(?:${SPECIAL})`;

const SEGMENT = new RegExp(String.raw`${UNIT}|${TAG}|\s|\w+|[^]`, 'gu');
const WHOLE_TAG = new RegExp(String.raw`^(?:${UNIT}|${TAG})$`, 'u');
const TOKEN = new RegExp(`^(?:${UNIT}|${SPECIAL})$`, 'u');
const SPECIAL_TOKENS = new RegExp(SPECIAL, 'gu');
const SPECIAL_TOKEN = new RegExp(`^(?:${SPECIAL})$`, 'u');

/** Cuts a text into tags, words, single marks and single white space, so that two tags never share a part. */
export function segmentsOf(text: string): readonly string[] {
  return text.match(SEGMENT) ?? [];
}

/** The tokens that steer a model in a text, one by one. */
export function specialTokensOf(text: string): readonly string[] {
  return text.match(SPECIAL_TOKENS) ?? [];
}

/** True for a segment that is a tag, or a unit of tags. */
export function isTag(segment: string): boolean {
  return WHOLE_TAG.test(segment);
}

/** True for a token that steers a model, or a unit of such tokens. */
export function isToken(segment: string): boolean {
  return TOKEN.test(segment);
}

/** True for a segment that looks like a token that steers a model. */
export function isSpecialToken(segment: string): boolean {
  return SPECIAL_TOKEN.test(segment);
}

/** True if a tag goes on with the next segment: a token before a tag in angle brackets is a part of it. */
export function goesOn(segment: string, next: string | undefined): boolean {
  return (
    isSpecialToken(segment) &&
    next !== undefined &&
    isTag(next) &&
    !isSpecialToken(next) &&
    segmentsOf(next).length === 1 &&
    next.startsWith('<') &&
    !/^<[|｜]/.test(next)
  );
}

/** Longest beginning that two texts share, by segments. */
export function sharedStart(one: string, other: string): string {
  return shared(segmentsOf(one), segmentsOf(other)).join('');
}

/** The part of a text after a beginning that it has in whole, or as far as the two are alike. */
export function withoutStart(text: string, start: string): string {
  return text.slice(text.startsWith(start) ? start.length : sharedStart(start, text).length);
}

/**
 * Longest end that two texts share, by segments. Numbers that differ count as the same, and are slots
 * in the result: templates number calls.
 */
export function sharedEnd(one: string, other: string): string {
  const reversed = [one, other].map((text) => segmentsOf(text).toReversed());
  return shared(reversed[0] ?? [], reversed[1] ?? [])
    .toReversed()
    .join('');
}

function shared(one: readonly string[], other: readonly string[]): readonly string[] {
  const same: string[] = [];
  for (const [index, segment] of one.entries()) {
    const counterpart = other[index];
    const merged = counterpart === undefined ? undefined : mergeSegment(segment, counterpart);
    if (merged === undefined) break;
    same.push(merged);
  }
  return same;
}

/** One text of two that differ by numbers only, with slots for these; undefined if more differs. */
export function mergeNumbers(one: string, other: string): string | undefined {
  const [left, right] = [segmentsOf(one), segmentsOf(other)];
  const merged = shared(left, right);
  return left.length === right.length && merged.length === left.length
    ? merged.join('')
    : undefined;
}

function mergeSegment(one: string, other: string): string | undefined {
  if (one === other) return one;
  return isNumber(one) && isNumber(other) ? SLOT.number : undefined;
}

function isNumber(segment: string): boolean {
  return /^\d+$/.test(segment) || segment === SLOT.number;
}
