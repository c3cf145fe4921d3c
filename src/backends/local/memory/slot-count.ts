/** Needed and free memory of a model, in bytes. */
export interface MemoryEstimate {
  /** Free memory for the weights: of the GPU if they fit there, otherwise main memory. */
  readonly free: number;
  readonly weights: number;
  /** Context with one sequence. */
  readonly context: number;
  /** Each further sequence. */
  readonly sequence: number;
}

const MOST_SLOTS = 4;
/** Share for contexts of the memory that the weights leave. The rest is for other programs. */
const CONTEXT_SHARE = 0.5;

/**
 * Default number of sequences of a context. Each has the full context size, so memory decides.
 */
export function slotsFor({ free, weights, context, sequence }: MemoryEstimate): number {
  const further = ((free - weights) * CONTEXT_SHARE - context) / Math.max(sequence, 1);
  return Math.min(Math.max(1 + Math.floor(further), 1), MOST_SLOTS);
}
