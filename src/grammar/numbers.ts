import { oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { digitsBetween } from './digits.ts';
import { number } from './json.ts';
import { numbersAt } from './schema.ts';
import type { Conjunction } from './schema.ts';
import { largest, smallest } from '../core/lists.ts';

/** Largest integer by digits, about that of 64 bits: without a limit, a model may never stop. */
const LARGEST = 10n ** 20n - 1n;

/** Decimal digits that a double always represents exactly. */
const DOUBLE_DIGITS = 15;

/** Default bound of integers: the largest that JavaScript clients represent exactly. */
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

const DIGIT = '[0-9]';

interface Bounds {
  readonly least: number;
  readonly leastOpen: boolean;
  readonly most: number;
  readonly mostOpen: boolean;
}

/**
 * Expression for numbers; undefined if no number is valid. Bounds are exact for integers and if they are
 * whole numbers; other bounds are widened to the next whole number. Bounded numbers have no exponent.
 */
export function numberExpression(
  schemas: Conjunction,
  type: 'number' | 'integer',
  rules: GrammarRules,
): string | undefined {
  const bounds = boundsOf(schemas);
  if (type === 'integer') {
    const body = integersWithin(bounds);
    return body && rules.define('integer', body);
  }
  if (bounds.least === -Infinity && bounds.most === Infinity) return number(rules);
  const body = decimalsWithin(widened(bounds));
  return body && rules.define('number', body);
}

function boundsOf(schemas: Conjunction): Bounds {
  const [least, most] = [numbersAt(schemas, 'minimum'), numbersAt(schemas, 'maximum')];
  const above = [...numbersAt(schemas, 'exclusiveMinimum'), ...flagged(schemas, 'Minimum')];
  const below = [...numbersAt(schemas, 'exclusiveMaximum'), ...flagged(schemas, 'Maximum')];
  return {
    least: largest([...least, ...above]),
    leastOpen: largest(above) >= largest(least),
    most: smallest([...most, ...below]),
    mostOpen: smallest(below) <= smallest(most),
  };
}

/** Bounds that are exclusive by a boolean flag, as in drafts 3 and 4. */
function flagged(schemas: Conjunction, bound: 'Minimum' | 'Maximum'): readonly number[] {
  const exclusive = schemas.filter((schema) => schema[`exclusive${bound}`] === true);
  return numbersAt(exclusive, bound.toLowerCase());
}

function integersWithin({ least, leastOpen, most, mostOpen }: Bounds): string | undefined {
  const low = leastOpen ? Math.floor(least) + 1 : Math.ceil(least);
  const high = mostOpen ? Math.ceil(most) - 1 : Math.floor(most);
  const open = [low, high].some(isBeyondSafe) ? LARGEST : LARGEST_SAFE;
  const [from, to] = [integerBound(low, -open), integerBound(high, open)];

  const parts = [
    ...(from < 0n && from <= to ? [`"-" ${digitsBetween(-(to < -1n ? to : -1n), -from)}`] : []),
    ...(to >= 0n && from <= to ? [digitsBetween(from > 0n ? from : 0n, to)] : []),
  ];
  return parts.length === 0 ? undefined : oneOf(parts);
}

function widened({ least, leastOpen, most, mostOpen }: Bounds): Bounds {
  return {
    least: Math.floor(least),
    leastOpen: leastOpen && Number.isInteger(least),
    most: Math.ceil(most),
    mostOpen: mostOpen && Number.isInteger(most),
  };
}

function decimalsWithin({ least, leastOpen, most, mostOpen }: Bounds): string | undefined {
  const minus = { least: -most, leastOpen: mostOpen, most: -least, mostOpen: leastOpen };
  const parts = [
    ...(least < 0 ? magnitudes(minus).map((part) => `"-" ${part}`) : []),
    ...(most >= 0 ? magnitudes({ least, leastOpen, most, mostOpen }) : []),
  ];
  return parts.length === 0 ? undefined : oneOf(parts);
}

/** Expressions for the non-negative decimals within bounds. */
function magnitudes(bounds: Bounds): readonly string[] {
  const least = Math.max(0, bounds.least);
  const leastOpen = bounds.leastOpen && bounds.least >= 0;
  const [from, to] = [toBigInt(least, LARGEST), toBigInt(bounds.most, LARGEST + 1n)];
  const endless = to > LARGEST;
  const mostOpen = bounds.mostOpen && !endless;
  if (from > to || (from === to && (leastOpen || mostOpen))) return [];
  const [first, last] = [leastOpen ? from + 1n : from, mostOpen ? to - 2n : to - 1n];
  const below = to - 1n;
  return [
    ...(first <= last ? [`${digitsBetween(first, last)} (${fraction(from, false, false)})?`] : []),
    ...(leastOpen ? [`"${from}" ${fraction(from, true, mostOpen && from === below)}`] : []),
    ...(mostOpen && first <= below ? [`"${below}" (${fraction(below, false, true)})?`] : []),
    ...(mostOpen || endless ? [] : [`"${to}" ("." "0"{1,17})?`]),
  ];
}

/**
 * Fraction after a whole number: above zero, below one, or both, if the next whole number is excluded. The
 * number of leading zeros or nines is limited, so that no double rounds to the excluded number.
 */
function fraction(whole: bigint, moreThanNone: boolean, lessThanOne: boolean): string {
  if (!moreThanNone && !lessThanOne) return `"." ${DIGIT}{1,17}`;
  const distinct = Math.max(1, DOUBLE_DIGITS - 1 - String(whole).length);
  const any = `${DIGIT}{0,17}`;
  const digits = [
    moreThanNone ? `"0"{1,${distinct}} [1-9] ${any}` : `"0" ${any}`,
    `[1-8] ${any}`,
    lessThanOne ? `"9"{1,${distinct}} ([0-8] ${any})?` : `"9" ${any}`,
  ];
  return `"." ${oneOf(digits)}`;
}

/** Bound of integers; `open` if there is none. */
function integerBound(whole: number, open: bigint): bigint {
  if (!Number.isFinite(whole)) return open;
  return toBigInt(whole, open < 0n ? -LARGEST : LARGEST);
}

function isBeyondSafe(whole: number): boolean {
  return Number.isFinite(whole) && Math.abs(whole) > Number.MAX_SAFE_INTEGER;
}

/** Converts a whole number; returns the limit for a number beyond it. */
function toBigInt(whole: number, limit: bigint): bigint {
  if (!Number.isFinite(whole)) return whole < 0 === limit < 0n ? limit : -limit;
  const exact = BigInt(whole);
  return (limit < 0n ? exact < limit : exact > limit) ? limit : exact;
}
