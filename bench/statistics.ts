/** The middle of the values, or the mean of both middles. Throws where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new Error('Nothing was measured.');
  return (low + high) / 2;
}

/** All of them together. */
export function sum(values: readonly number[]): number {
  return values.reduce((one, other) => one + other, 0);
}

/** A number as the results have it: three decimals say more than any measurement does. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The same items, beginning with another one each round, so that none always has the warm place. */
export function rotated<Item>(items: readonly Item[], round: number): readonly Item[] {
  const first = items.length === 0 ? 0 : round % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}
