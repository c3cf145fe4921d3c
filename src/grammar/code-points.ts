/** A range of code points, both ends included. */
export type Range = readonly [first: number, last: number];

const LAST = 0x10ffff;

/** Code points outside of all ranges. */
export function complement(ranges: readonly Range[]): readonly Range[] {
  const left: Range[] = [];
  let next = 0;
  for (const [first, last] of ranges.toSorted(([one], [two]) => one - two)) {
    if (first > next) left.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= LAST) left.push([next, LAST]);
  return left;
}

/** Characters that a JSON string can't contain as they are, and their escapes. */
const ESCAPED: ReadonlyMap<number, string> = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, String.raw`\"`],
  [0x5c, String.raw`\\`],
]);
const NOT_PLAIN: readonly Range[] = [
  [0x00, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];

/**
 * Expression for one of the code points as it is written in a JSON string; undefined if there are none.
 *
 * @param escapedOnly characters that are written as an escape, unless they are the only one
 */
export function inJsonString(
  ranges: readonly Range[],
  escapedOnly: readonly string[],
): string | undefined {
  const has = (code: number) => ranges.some(([first, last]) => first <= code && code <= last);
  const isOne = ranges.length === 1 && ranges.every(([first, last]) => first === last);
  const codes = isOne ? [] : escapedOnly.map((character) => character.codePointAt(0) ?? 0);
  const hidden = codes.map((code): Range => [code, code]);
  const plain = complement([...complement(ranges), ...NOT_PLAIN, ...hidden]);
  const escapes = [...ESCAPED].filter(([code]) => has(code)).map(([, name]) => name);
  const units = codes.filter((code) => has(code) && code <= LAST_UNIT).map(unit);
  const ways = [
    ...(plain.length > 0 ? [`[${plain.map(written).join('')}]`] : []),
    ...(escapes.length > 0 ? [String.raw`"\\" [${escapes.join('')}]`] : []),
    ...(units.length > 0 ? [String.raw`"\\u" (${units.join(' | ')})`] : []),
  ];
  return ways.length > 1 ? `(${ways.join(' | ')})` : ways[0];
}

/** Last code point that a single `\u` escape can represent. */
const LAST_UNIT = 0xffff;

function unit(code: number): string {
  const digits = Array.from(code.toString(16).padStart(4, '0'));
  return digits.map((digit) => `[${digit}${digit.toUpperCase()}]`).join(' ');
}

function written([first, last]: Range): string {
  return first === last ? hexadecimal(first) : `${hexadecimal(first)}-${hexadecimal(last)}`;
}

function hexadecimal(code: number): string {
  const letterOrDigit = /^[a-zA-Z0-9]$/.test(String.fromCodePoint(code));
  return letterOrDigit ? String.fromCodePoint(code) : `\\U${code.toString(16).padStart(8, '0')}`;
}
