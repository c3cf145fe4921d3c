import { oneOf } from './gbnf.ts';

/** Whole numbers from `least` (not negative) to `most`, without leading zeros, digit by digit. */
export function digitsBetween(least: bigint, most: bigint): string {
  const [low, high] = [String(least), String(most)];
  if (low.length === high.length) return sameLength(low, high);
  const full = /^9+$/.test(high);
  const longest = full ? high.length : high.length - 1;
  const between = { least: low.length, most: longest - 1 };
  return oneOf([
    sameLength(low, '9'.repeat(low.length)),
    ...(between.most >= between.least ? [`[1-9] [0-9]{${between.least},${between.most}}`] : []),
    ...(full ? [] : [sameLength(`1${'0'.repeat(high.length - 1)}`, high)]),
  ]);
}

/** Numbers from `low` to `high`, which have the same number of digits; leading zeros count as digits. */
function sameLength(low: string, high: string): string {
  const [first, last] = [Number(low.charAt(0)), Number(high.charAt(0))];
  const [lowRest, highRest] = [low.slice(1), high.slice(1)];
  const [lowOpen, highOpen] = [/^0*$/.test(lowRest), /^9*$/.test(highRest)];
  if (lowOpen && highOpen) return `${digit(first, last)}${anyDigits(lowRest.length)}`;
  if (first === last) return `${digit(first, last)} ${sameLength(lowRest, highRest)}`;
  const [from, to] = [lowOpen ? first : first + 1, highOpen ? last : last - 1];
  return oneOf([
    ...(lowOpen
      ? []
      : [`${digit(first, first)} ${sameLength(lowRest, '9'.repeat(lowRest.length))}`]),
    ...(from <= to ? [`${digit(from, to)}${anyDigits(lowRest.length)}`] : []),
    ...(highOpen
      ? []
      : [`${digit(last, last)} ${sameLength('0'.repeat(highRest.length), highRest)}`]),
  ]);
}

function digit(from: number, to: number): string {
  return from === to ? `"${from}"` : `[${from}-${to}]`;
}

function anyDigits(count: number): string {
  return count === 0 ? '' : ` [0-9]{${count}}`;
}
