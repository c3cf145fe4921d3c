/** Median of values. Throws if there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('Nothing was measured.');
  return (low + high) / 2;
}

/** Sum of values. */
export function sum(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0);
}

/** Rounds a number to three decimals, which is more than the precision of any measurement. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Rotates items, so that each round begins with another one and none always profits from a warm start. */
export function rotated<Item>(items: readonly Item[], round: number): readonly Item[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
