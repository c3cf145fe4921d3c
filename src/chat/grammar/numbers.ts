import { oneOf } from '../gbnf.ts';
import type { GrammarRules } from '../gbnf.ts';
import { digitsBetween } from './digits.ts';
import { number } from './json.ts';
import { numbersAt } from './schema.ts';
import type { Conjunction } from './schema.ts';

/** As many digits as 64-bit integers have: without an end, a model may never come to it. */
const LARGEST = 10n ** 20n - 1n;

/** Digits behind the point that a double tells apart. */
const FRACTION = '"." [0-9]{1,17}';

interface Bounds {
  readonly least: number;
  readonly leastOpen: boolean;
  readonly most: number;
  readonly mostOpen: boolean;
}

/**
 * An expression for numbers; undefined where none is valid. Bounds hold exactly for integers, and for
 * numbers with bounds that are whole; other bounds are widened to the next whole number. Numbers with
 * bounds have no exponent.
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
    least: Math.max(-Infinity, ...least, ...above),
    leastOpen: Math.max(...above) >= Math.max(...least),
    most: Math.min(Infinity, ...most, ...below),
    mostOpen: Math.min(...below) <= Math.min(...most),
  };
}

/** Bounds that a flag makes exclusive, as in drafts 3 and 4. */
function flagged(schemas: Conjunction, bound: 'Minimum' | 'Maximum'): readonly number[] {
  const exclusive = schemas.filter((schema) => schema[`exclusive${bound}`] === true);
  return numbersAt(exclusive, bound.toLowerCase());
}

function integersWithin({ least, leastOpen, most, mostOpen }: Bounds): string | undefined {
  const low = leastOpen ? Math.floor(least) + 1 : Math.ceil(least);
  const high = mostOpen ? Math.ceil(most) - 1 : Math.floor(most);
  const [from, to] = [toBigInt(low, -LARGEST), toBigInt(high, LARGEST)];
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

/** Expressions for the decimals within bounds that are not negative. */
function magnitudes(bounds: Bounds): readonly string[] {
  const { most, mostOpen } = bounds;
  const least = Math.max(0, bounds.least);
  const leastOpen = bounds.leastOpen && bounds.least >= 0;
  const [from, to] = [toBigInt(least, LARGEST), toBigInt(most, LARGEST + 1n)];
  if (from > to || (from === to && (leastOpen || mostOpen))) return [];
  const firstWhole = leastOpen ? from + 1n : from;
  return [
    ...(firstWhole < to ? [`${digitsBetween(firstWhole, to - 1n)} (${FRACTION})?`] : []),
    ...(leastOpen ? [`"${from}." "0"{0,15} [1-9] [0-9]{0,15}`] : []),
    ...(mostOpen || to > LARGEST ? [] : [`"${to}" ("." "0"{1,17})?`]),
  ];
}

/** A whole number; the limit for one that is beyond it. */
function toBigInt(whole: number, limit: bigint): bigint {
  if (!Number.isFinite(whole)) return whole < 0 === limit < 0n ? limit : -limit;
  const exact = BigInt(whole);
  return (limit < 0n ? exact < limit : exact > limit) ? limit : exact;
}
