import { median } from '../../core/lists.ts';

/** Measured time of a token after a number of others. */
export interface TimedToken {
  /** Tokens before it. */
  readonly depth: number;
  /** Milliseconds. */
  readonly time: number;
}

/** Line through measured times. */
export interface TimeLine {
  /** Point on the line in its shallower half. */
  readonly near: TimedToken;
  /** Milliseconds per token of depth. */
  readonly slope: number;
}

/**
 * Finds the line through the medians of the shallower and the deeper half, which single delayed steps do not change
 * (Tukey's resistant line). The time never shrinks with depth, because attention reads all earlier tokens.
 *
 * @param spread smallest distance of the halves that shows a trend, in tokens
 * @returns undefined without a trend
 */
export function resistantLine(
  measured: readonly TimedToken[],
  spread: number,
): TimeLine | undefined {
  const sorted = measured.toSorted((one, other) => one.depth - other.depth);
  const half = sorted.length >> 1;
  const [near, far] = [medianOf(sorted.slice(0, half)), medianOf(sorted.slice(half))];
  if (near === undefined || far === undefined || far.depth - near.depth < spread) return undefined;
  return { near, slope: Math.max(0, (far.time - near.time) / (far.depth - near.depth)) };
}

/** Returns the time at a depth. A line through noisy points could go below zero, so it has a limit. */
export function timeOn({ near, slope }: TimeLine, depth: number): number {
  return Math.max(near.time + slope * (depth - near.depth), near.time / 4);
}

function medianOf(measured: readonly TimedToken[]): TimedToken | undefined {
  const depth = median(measured.map((one) => one.depth));
  const time = median(measured.map((one) => one.time));
  return depth === undefined || time === undefined ? undefined : { depth, time };
}
