import { oneOf } from './gbnf.ts';
import { digitsBetween } from './digits.ts';

/** Most last digits that a grammar lists for the multiples of a number, and most of them in one place. */
const MOST_ENDINGS = 50;
const MOST_PLACES = 6;

/** Common factor of numbers, as far as their last digits show it. */
export interface CommonFactor {
  /** Whole number that all numbers are a multiple of; undefined if they may have a fraction. */
  readonly whole: bigint | undefined;
  /** Number of digits of a fraction at most. */
  readonly places: number;
}

/** Number of digits of a fraction. */
export const MOST_FRACTION = 17;

/** True for a `multipleOf` that a grammar enforces: by the last digits, or by their number. */
export function isHeldMultiple(factor: number): boolean {
  return placesOf(factor) !== undefined || endingDigits(factor) !== undefined;
}

/** Joins the factors that a grammar enforces. */
export function stepOf(factors: readonly number[]): CommonFactor {
  let step: CommonFactor = { whole: undefined, places: MOST_FRACTION };
  for (const factor of factors) {
    const places = placesOf(factor);
    if (places !== undefined) step = { ...step, places: Math.min(step.places, places) };
    else if (endingDigits(factor) !== undefined)
      step = { ...step, whole: leastCommon(step.whole ?? 1n, BigInt(factor)) };
  }
  return step;
}

/** Digits after the point that multiples of 0.1, 0.01 and so on have. */
function placesOf(factor: number): number | undefined {
  const places = Array.from({ length: MOST_PLACES }, (_unused, index) => index + 1);
  return places.find((count) => factor === Number(`1e-${count}`));
}

/** Number of last digits that decide whether a number is a multiple. */
function endingDigits(factor: number): number | undefined {
  const counts = Array.from({ length: MOST_PLACES + 1 }, (_unused, index) => index);
  return counts.find(
    (count) => 10 ** count % factor === 0 && 10 ** count / factor <= MOST_ENDINGS && factor >= 1,
  );
}

function leastCommon(one: bigint, other: bigint): bigint {
  let [larger, smaller] = [one, other];
  while (smaller > 0n) [larger, smaller] = [smaller, larger % smaller];
  return (one * other) / larger;
}

/** Multiples of a number from `from` (not negative) to `to`; undefined if there are none. */
export function multiplesBetween(from: bigint, to: bigint, step: bigint): string | undefined {
  if (step === 1n) return from <= to ? digitsBetween(from, to) : undefined;
  const places = endingDigits(Number(step)) ?? 0;
  const base = 10n ** BigInt(places);
  const endings = Array.from(
    { length: Number(base / step) },
    (_unused, index) => BigInt(index) * step,
  );
  const within = (rest: bigint): readonly bigint[] =>
    endings.filter((ending) => rest * base + ending >= from && rest * base + ending <= to);
  const [first, last] = [from / base, to / base];
  const edges = [...new Set([0n, first, last])].filter((rest) => rest >= first && rest <= last);
  const written = edges.flatMap((rest) =>
    within(rest).map((ending) => `"${rest * base + ending}"`),
  );
  const [low, high] = [first + 1n, last - 1n];
  const padded = endings.map((ending) => `"${String(ending).padStart(places, '0')}"`);
  const middle = low <= high ? [`${digitsBetween(low, high)} ${oneOf(padded)}`] : [];
  const ways = [...written, ...middle];
  return ways.length === 0 ? undefined : oneOf(ways);
}
