/** What a model needs, and what there is, in bytes. */
export interface MemoryEstimate {
  /** Where the weights go: on the GPU if they fit there, else in main memory. */
  readonly free: number;
  readonly weights: number;
  /** A context with one sequence. */
  readonly context: number;
  /** Each further sequence of it. */
  readonly sequence: number;
}

const MOST_SLOTS = 4;
/** Of what the weights leave, contexts may have this share: other programs want some too. */
const CONTEXT_SHARE = 0.5;

/**
 * How many sequences a context has, where nobody says: each has the whole context size for itself, so
 * memory decides.
 */
export function slotsFor({ free, weights, context, sequence }: MemoryEstimate): number {
  const further = ((free - weights) * CONTEXT_SHARE - context) / Math.max(sequence, 1);
  return Math.min(Math.max(1 + Math.floor(further), 1), MOST_SLOTS);
}
