/** Times of the tokens of an answer, in milliseconds of one clock. */
export type Timeline = readonly number[];

/** Tokens per second after the first token. Throws if there are fewer than two. */
export function decodeRate(timeline: Timeline): number {
  const [first, last] = [timeline[0], timeline.at(-1)];
  if (first === undefined || last === undefined || last === first) throw new Error(TOO_SHORT);
  return ((timeline.length - 1) / (last - first)) * 1000;
}

/** Total tokens per second of answers while all of them decode. Throws if they never do. */
export function sharedRate(timelines: readonly Timeline[]): number {
  const from = Math.max(...timelines.map((timeline) => timeline[0] ?? Infinity));
  const to = Math.min(...timelines.map((timeline) => timeline.at(-1) ?? 0));
  if (to <= from) throw new Error(TOO_SHORT);
  const tokens = timelines.flat().filter((at) => at > from && at <= to);
  return (tokens.length / (to - from)) * 1000;
}

/** Longest time without a token between two times of the timeline's clock. */
export function largestGap(timeline: Timeline, from: number, to: number): number {
  const inside = timeline.filter((at) => at > from && at < to);
  const before = timeline.findLast((at) => at <= from) ?? from;
  const after = timeline.find((at) => at >= to) ?? to;
  const moments = [before, ...inside, after];
  return Math.max(...moments.map((at, index) => at - (moments[index - 1] ?? at)));
}

const TOO_SHORT = 'An answer was too short to measure.';
