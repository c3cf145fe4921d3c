/** Milliseconds of one clock at which the tokens of an answer were there. */
export type Timeline = readonly number[];

/** Tokens a second behind the first one. Throws where there are not two. */
export function decodeRate(timeline: Timeline): number {
  const [first, last] = [timeline[0], timeline.at(-1)];
  if (first === undefined || last === undefined || last === first) throw new Error(TOO_SHORT);
  return ((timeline.length - 1) / (last - first)) * 1000;
}

/** Tokens a second of answers together, for as long as all of them decode. Throws where they never do. */
export function sharedRate(timelines: readonly Timeline[]): number {
  const from = Math.max(...timelines.map((timeline) => timeline[0] ?? Infinity));
  const to = Math.min(...timelines.map((timeline) => timeline.at(-1) ?? 0));
  if (to <= from) throw new Error(TOO_SHORT);
  const tokens = timelines.flat().filter((at) => at > from && at <= to);
  return (tokens.length / (to - from)) * 1000;
}

/** The longest time without a token between two moments, both on the timeline's clock. */
export function largestGap(timeline: Timeline, from: number, to: number): number {
  const inside = timeline.filter((at) => at > from && at < to);
  const before = timeline.findLast((at) => at <= from) ?? from;
  const after = timeline.find((at) => at >= to) ?? to;
  const moments = [before, ...inside, after];
  return Math.max(...moments.map((at, index) => at - (moments[index - 1] ?? at)));
}

const TOO_SHORT = 'An answer was too short to measure.';
