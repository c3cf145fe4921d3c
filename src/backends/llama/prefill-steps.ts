/** While somebody may abort, a step of the prefill takes no longer than this. */
const STEP_MILLISECONDS = 80;
const SMALLEST_STEP = 16;

/**
 * How many tokens to prefill in one step, from the rate measured so far: an abort is noticed between
 * steps. Before anything was measured the smallest step finds the rate out.
 *
 * @param tokensPerMillisecond the measured rate, or undefined before the first step
 * @param batchSize the most tokens that llama.cpp takes in one batch
 */
export function prefillStep(tokensPerMillisecond: number | undefined, batchSize: number): number {
  if (tokensPerMillisecond === undefined) return Math.min(SMALLEST_STEP, batchSize);
  const fitting = Math.floor(tokensPerMillisecond * STEP_MILLISECONDS);
  return Math.min(Math.max(fitting, SMALLEST_STEP), batchSize);
}
