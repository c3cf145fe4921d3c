/** While somebody decodes or may cancel, a batch with a step of prefill takes no longer than this. */
const STEP_MILLISECONDS = 80;
/** Steps that are tried, in tokens. */
const SIZES = [16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048] as const;
const SMALLEST_STEP = SIZES[0];
/** From this size on flash attention on a CPU is up to ten times faster: it must have been tried. */
const TILE = 64;
/** A step may be so many times as long as any that was measured. */
const GROWTH = 2;

/** How long steps of a size took. */
export interface MeasuredStep {
  readonly tokens: number;
  readonly milliseconds: number;
}

/**
 * How many tokens of prompts to evaluate in one batch: streams get their next token, and an abort is
 * noticed, between batches. Where even the fastest step takes long, a larger one may take twice as long:
 * smaller ones would hardly be done sooner, and the prompt much later. Sizes are measured one by one,
 * since a smaller step can take longer.
 *
 * @param measured ascending by size; empty before the first step, which is the smallest
 * @param batchSize the most tokens that llama.cpp takes in one batch
 */
export function prefillStep(measured: readonly MeasuredStep[], batchSize: number): number {
  const largest = measured.at(-1)?.tokens ?? 0;
  const most = Math.max(SMALLEST_STEP, largest * GROWTH);
  if (largest < TILE) return Math.min(most, batchSize);
  const steps = SIZES.filter((tokens) => tokens <= Math.min(most, batchSize)).map((tokens) => ({
    tokens,
    milliseconds: estimate(measured, tokens),
  }));
  const fastest = Math.min(...steps.map(({ milliseconds }) => milliseconds));
  const limit = Math.max(STEP_MILLISECONDS, 2 * fastest);
  const fitting = steps.findLast(({ milliseconds }) => milliseconds <= limit);
  return fitting?.tokens ?? Math.min(SMALLEST_STEP, batchSize);
}

/** What a size took, else in proportion to what the next smaller or larger one did. */
function estimate(measured: readonly MeasuredStep[], tokens: number): number {
  const smaller = measured.findLast((step) => step.tokens <= tokens);
  const known = smaller ?? measured.find((step) => step.tokens > tokens);
  return known === undefined ? 0 : (known.milliseconds * tokens) / known.tokens;
}

/** Of the last ones of a size, so that one that other processes held up decides nothing. */
const KEPT = 3;
/** Older steps were of other prompts, or at other depths of the context. */
const LAST_STEPS = 64;

/** The steps that were made last. */
export class StepTimes {
  #steps: readonly MeasuredStep[] = [];

  /** What is smaller than the smallest step tells nothing. */
  record({ tokens, milliseconds }: MeasuredStep): void {
    const size = SIZES.findLast((one) => one <= tokens);
    if (size === undefined) return;
    const scaled = (Math.max(milliseconds, 0.001) * size) / tokens;
    this.#steps = [...this.#steps, { tokens: size, milliseconds: scaled }].slice(-LAST_STEPS);
  }

  /** The median time of each size, ascending by size. */
  get measured(): readonly MeasuredStep[] {
    return SIZES.flatMap((tokens) => {
      const times = this.#steps
        .filter((step) => step.tokens === tokens)
        .slice(-KEPT)
        .map((step) => step.milliseconds)
        .toSorted((one, other) => one - other);
      const milliseconds = times[Math.floor((times.length - 1) / 2)];
      return milliseconds === undefined ? [] : [{ tokens, milliseconds }];
    });
  }

  /** Tokens per millisecond of the largest steps; undefined before any was made. */
  get rate(): number | undefined {
    const largest = this.measured.at(-1);
    return largest && largest.tokens / largest.milliseconds;
  }
}
