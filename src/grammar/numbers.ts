import { oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { digitsBetween } from './digits.ts';
import { ABOVE_ZERO, fractionWithin } from './fractions.ts';
import type { FractionBounds } from './fractions.ts';
import { number } from './json.ts';
import { MOST_FRACTION, multiplesBetween, stepOf } from './multiples.ts';
import { isAtom } from './negation.ts';
import { numbersAt } from './schema.ts';
import type { Conjunction } from './schema.ts';
import { largest, smallest } from '../core/lists.ts';

/** Largest integer by digits, about that of 64 bits: without a limit, a model may never stop. */
const LARGEST = 10n ** 20n - 1n;

/** Decimal digits that a double always represents exactly. */
const DOUBLE_DIGITS = 15;

/** Default bound of integers: the largest that JavaScript clients represent exactly. */
const LARGEST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

interface Bounds {
  readonly least: number;
  readonly leastOpen: boolean;
  readonly most: number;
  readonly mostOpen: boolean;
}

/**
 * Expression for numbers; undefined if no number is valid. Bounds with more digits than a double represents
 * exactly are widened to the next whole number. Bounded numbers have no exponent.
 */
export function numberExpression(
  schemas: Conjunction,
  type: 'number' | 'integer',
  rules: GrammarRules,
): string | undefined {
  const bounds = boundsOf(schemas);
  const step = stepOf([...numbersAt(schemas, 'multipleOf'), ...(type === 'integer' ? [1] : [])]);
  const isFraction = schemas.some((schema) => isAtom(schema) && schema['type'] === 'number');
  if (step.whole !== undefined) {
    const body = isFraction ? undefined : integersWithin(bounds, step.whole);
    return body && rules.define('integer', body);
  }
  const isFree = step.places === MOST_FRACTION && !isFraction;
  if (isFree && bounds.least === -Infinity && bounds.most === Infinity) return number(rules);
  const body = decimalsWithin(bounds, step.places, isFraction);
  return body && rules.define('number', body);
}

/** True for a number within the bounds of the schemas. */
export function isWithinBounds(value: number, schemas: Conjunction): boolean {
  const { least, leastOpen, most, mostOpen } = boundsOf(schemas);
  const isAbove = leastOpen ? value > least : value >= least;
  return isAbove && (mostOpen ? value < most : value <= most);
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

function integersWithin(
  { least, leastOpen, most, mostOpen }: Bounds,
  step: bigint,
): string | undefined {
  const low = leastOpen ? Math.floor(least) + 1 : Math.ceil(least);
  const high = mostOpen ? Math.ceil(most) - 1 : Math.floor(most);
  const open = [low, high].some(isBeyondSafe) ? LARGEST : LARGEST_SAFE;
  const [from, to] = [integerBound(low, -open), integerBound(high, open)];
  if (from > to) return undefined;
  const negative = from < 0n ? multiplesBetween(-(to < -1n ? to : -1n), -from, step) : undefined;
  const positive = to >= 0n ? multiplesBetween(from > 0n ? from : 0n, to, step) : undefined;
  const parts = [...(negative === undefined ? [] : [`"-" ${negative}`]), positive ?? []].flat();
  return parts.length === 0 ? undefined : oneOf(parts);
}

/** Decimal number that is not negative, by its digits. */
interface Decimal {
  readonly whole: bigint;
  readonly fraction: string;
}

function decimalsWithin(
  { least, leastOpen, most, mostOpen }: Bounds,
  places: number,
  isFraction: boolean,
): string | undefined {
  const minus = { least: -most, leastOpen: mostOpen, most: -least, mostOpen: leastOpen };
  const parts = [
    ...(least < 0 ? magnitudes(minus, places, isFraction).map((part) => `"-" ${part}`) : []),
    ...(most >= 0 ? magnitudes({ least, leastOpen, most, mostOpen }, places, isFraction) : []),
  ];
  return parts.length === 0 ? undefined : oneOf(parts);
}

/**
 * Expressions for the non-negative decimals within bounds.
 *
 * @param places digits of a fraction at most
 * @param isFraction whole numbers are excluded
 */
function magnitudes(bounds: Bounds, places: number, isFraction: boolean): readonly string[] {
  const isPositive = bounds.least >= 0;
  const [from, isExactLow] = decimalOf(isPositive ? bounds.least : 0, Math.floor);
  const [to, isExactHigh] = decimalOf(bounds.most, Math.ceil);
  const low = { digits: from.fraction, open: bounds.leastOpen && isPositive && isExactLow };
  const high = { digits: to.fraction, open: bounds.mostOpen && isExactHigh };
  const lowest = isFraction ? ABOVE_ZERO : undefined;
  const edge = (
    whole: bigint,
    within: Omit<FractionBounds, 'most' | 'exact'>,
  ): readonly string[] => {
    const exact = Math.max(1, DOUBLE_DIGITS - 1 - String(whole).length);
    const digits = fractionWithin({ most: places, exact, low: lowest, ...within });
    return digits === undefined ? [] : [`"${whole}" ${digits}`];
  };
  const isHighOpen = high.digits === '' && high.open;
  const last = isHighOpen ? to.whole - 1n : to.whole;
  if (from.whole > last) return [];
  const top = isHighOpen ? 'one' : high;
  const bottom = low.digits === '' && !low.open ? lowest : low;
  if (from.whole === last) return edge(last, { low: bottom, high: top });
  const isLowFree = bottom === lowest;
  const first = isLowFree ? from.whole : from.whole + 1n;
  const [endless, before] = [last >= LARGEST, last >= LARGEST ? LARGEST : last - 1n];
  const any = fractionWithin({ most: places, exact: 1, low: lowest }) ?? '';
  return [
    ...(isLowFree ? [] : edge(from.whole, { low: bottom })),
    ...(first <= before ? [`${digitsBetween(first, before)} ${any}`] : []),
    ...(endless ? [] : edge(last, { high: top })),
  ];
}

/** Digits of a bound, and true if they are exact. */
function decimalOf(
  bound: number,
  widen: (bound: number) => number,
): readonly [decimal: Decimal, isExact: boolean] {
  const [, whole = '', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(String(bound)) ?? [];
  const isExact = whole !== '' && whole.length + fraction.length <= DOUBLE_DIGITS;
  if (isExact) return [{ whole: BigInt(whole), fraction }, true];
  const isWhole = Number.isInteger(bound);
  return [{ whole: toBigInt(widen(bound), LARGEST + 1n), fraction: '' }, isWhole];
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
