import { append } from '../core/lists.ts';
import { oneOf } from './gbnf.ts';

/** Bound of a fraction: its decimal digits, and whether the bound itself is excluded. */
export interface Edge {
  readonly digits: string;
  readonly open: boolean;
}

/** Bounds of a fraction. `one` excludes fractions that a double rounds to one. */
export interface FractionBounds {
  readonly low?: Edge | undefined;
  readonly high?: Edge | 'one' | undefined;
  /** Number of digits at most. */
  readonly most: number;
  /** Number of digits that a double always represents exactly after this whole number. */
  readonly exact: number;
}

/** Digits of a fraction; some of them have no digit. */
interface Fraction {
  readonly some: string | undefined;
  readonly mayBeNone: boolean;
}

/** Fraction that is not zero. */
export const ABOVE_ZERO: Edge = { digits: '', open: true };

/** Expression for the point and the digits of a fraction; undefined if no fraction is within the bounds. */
export function fractionWithin(bounds: FractionBounds): string | undefined {
  const { some, mayBeNone } = digitsWithin(bounds);
  if (some === undefined) return mayBeNone ? '' : undefined;
  return mayBeNone ? `("." ${some})?` : `"." ${some}`;
}

function digitsWithin({ low, high, most, exact }: FractionBounds): Fraction {
  const from = low !== undefined && !low.open && isZero(low.digits) ? undefined : low;
  const mayBeNone =
    from === undefined && (typeof high !== 'object' || !high.open || !isZero(high.digits));
  if (most <= 0) return { some: undefined, mayBeNone };
  if (from === undefined && high === undefined) return { some: `[0-9]{1,${most}}`, mayBeNone };
  const next = { most: most - 1, exact: exact - 1 };
  const free: number[] = [];
  const edges: string[] = [];
  for (let digit = 0; digit <= 9; digit++) {
    const [lower, upper] = [lowAfter(digit, from), highAfter(digit, high)];
    if (lower === null || upper === null) continue;
    if (lower === undefined && upper === undefined) free.push(digit);
    else if (exact > 0 || (!isEndless(lower) && !isEndless(upper)))
      append(edges, after(digit, digitsWithin({ ...next, low: lower, high: upper })));
  }
  const [first] = free;
  const any = next.most > 0 ? ` [0-9]{0,${next.most}}` : '';
  const plain = first === undefined ? [] : [`${range(first, free.at(-1) ?? first)}${any}`];
  const ways = [...edges, ...plain];
  return { some: ways.length === 0 ? undefined : oneOf(ways), mayBeNone };
}

/** Bound of the digits after a digit: undefined if there is none, null if the digit is out of bounds. */
function lowAfter(digit: number, low: Edge | undefined): Edge | undefined | null {
  if (low === undefined) return undefined;
  const first = Number(low.digits.charAt(0));
  if (digit !== first) return digit > first ? undefined : null;
  return { ...low, digits: low.digits.slice(1) };
}

function highAfter(digit: number, high: Edge | 'one' | undefined): Edge | 'one' | undefined | null {
  if (high === undefined) return undefined;
  if (high === 'one') return digit < 9 ? undefined : 'one';
  const first = Number(high.digits.charAt(0));
  const rest = high.digits.slice(1);
  if (digit === first) return isZero(rest) && high.open ? null : { ...high, digits: rest };
  if (digit > first) return null;
  return digit === first - 1 && isZero(rest) && high.open ? 'one' : undefined;
}

/** True for a bound that goes on for ever: zeros after a bound, or nines below it. */
function isEndless(edge: Edge | 'one' | undefined): boolean {
  return edge === 'one' || edge?.digits === '';
}

function after(digit: number, { some, mayBeNone }: Fraction): readonly string[] {
  if (some === undefined) return mayBeNone ? [`"${digit}"`] : [];
  return [mayBeNone ? `"${digit}" (${some})?` : `"${digit}" ${some}`];
}

function isZero(digits: string): boolean {
  return /^0*$/.test(digits);
}

function range(first: number, last: number): string {
  return first === last ? `"${first}"` : `[${first}-${last}]`;
}
