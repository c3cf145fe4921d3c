import { median, smallest } from '../../core/lists.ts';
import { resistantLine, timeOn } from './resistant-line.ts';

/** Longest time of a batch with a prefill step, so that streams and aborts do not wait. */
const STEP_MS = 80;
/** Longest expected time beside a stream, on machines whose fastest step takes longer than the one above. */
const BESIDE_STEP_MS = 200;
/** Sizes of steps, in tokens. */
const SIZES = [4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048] as const;
/** Smallest step, except beside a stream that would wait for too long. */
const SMALLEST_STEP = 16;
/** Size from which flash attention on a CPU is up to ten times faster, so it must be tried. */
export const TILE = 64;
/** Value without flash attention, for which all sizes are of one kind. */
export const NO_TILE = 0;
/** Largest ratio of a step to the longest measured one. */
const GROWTH = 2;
/** Largest ratio of the time per token of a small step to the one of the best step. */
const WASTE = 1.25;

/** Measured time of steps of a size. */
export interface MeasuredStep {
  readonly tokens: number;
  readonly milliseconds: number;
}

/**
 * Chooses the number of prompt tokens for one batch. Streams get their next token, and aborts are noticed, between
 * batches. If even the fastest step takes long, a step may take twice as long, and is the smallest one that wastes
 * little: smaller ones would finish the prompt much later, and larger ones hardly earlier. Sizes are measured one by
 * one, because a smaller step can take longer.
 *
 * @param measured measured steps, ascending by size; empty before the first step, which is the smallest
 * @param batchSize largest size in tokens, of a batch or of the rest of a prompt
 * @param tile size from which steps are of another kind, in tokens
 * @param isBeside true if a stream waits for the step; then no size is tried that is expected to take too long
 */
export function prefillStep(
  measured: readonly MeasuredStep[],
  batchSize: number,
  tile: number = TILE,
  isBeside = false,
): number {
  const largest = measured.at(-1)?.tokens ?? 0;
  const most = Math.min(Math.max(SMALLEST_STEP, largest * GROWTH), batchSize);
  // Even the smallest step keeps the stream waiting for too long.
  const isTooSlow = isBeside && estimate(measured, SMALLEST_STEP, tile) > BESIDE_STEP_MS;
  const least = isTooSlow ? SIZES[0] : SMALLEST_STEP;
  const sizes = new Set([...SIZES.filter((tokens) => tokens >= least && tokens <= most), most]);
  const steps = [...sizes].map((tokens) => ({
    tokens,
    milliseconds: estimate(measured, tokens, tile),
  }));
  const fastest = smallest(steps.map(({ milliseconds }) => milliseconds));
  const limit = isBeside ? Math.max(BESIDE_STEP_MS, WASTE * fastest) : 2 * fastest;
  const grown = steps.at(-1)?.milliseconds ?? 0;
  if (largest < tile && (!isBeside || grown <= limit)) return most;
  if (fastest <= STEP_MS && !isTooSlow) {
    const longest = steps.findLast(({ milliseconds }) => milliseconds <= STEP_MS);
    const bargain = steps.find((step) => longest !== undefined && isBargain(step, longest));
    return (bargain ?? longest)?.tokens ?? SMALLEST_STEP;
  }
  const fitting = steps.filter(({ milliseconds }) => milliseconds <= limit);
  const best = smallest(fitting.map(tokenTime));
  const good = fitting.filter((step) => tokenTime(step) <= WASTE * best);
  const chosen = isTooSlow ? good.at(-1) : good[0];
  // A larger step of another kind may waste less, which is unknown before it was tried.
  const untried = fitting.find(({ tokens }) => tokens > largest && tile !== NO_TILE);
  const next = chosen?.tokens === largest ? (untried ?? chosen) : chosen;
  return next?.tokens ?? Math.min(SMALLEST_STEP, batchSize);
}

/** Returns true if a step that is slightly too long is at least twice as fast. */
function isBargain(step: MeasuredStep, longest: MeasuredStep): boolean {
  const isShort = step.milliseconds <= 2 * STEP_MS;
  return isShort && 2 * tokenTime(step) <= tokenTime(longest);
}

/**
 * Aligns the next step of a prompt, so that no later one is below the tile. The odd rest comes first, while few tokens
 * are before it.
 *
 * @param step result of `prefillStep`
 * @param remaining tokens of the prompt that are not evaluated yet
 */
export function alignedStep(step: number, remaining: number): number {
  if (step < TILE || remaining <= step) return Math.min(step, remaining);
  const rest = remaining % TILE;
  return rest + TILE * Math.max(1, Math.floor((step - rest) / TILE));
}

function tokenTime({ tokens, milliseconds }: MeasuredStep): number {
  return milliseconds / tokens;
}

/** Measured time of a size, or an estimate in proportion to the next smaller or larger one of its kind. */
function estimate(measured: readonly MeasuredStep[], tokens: number, tile: number): number {
  const alike = measured.filter((step) => step.tokens >= tile === tokens >= tile);
  const steps = alike.length > 0 ? alike : measured;
  const smaller = steps.findLast((step) => step.tokens <= tokens);
  const known = smaller ?? steps.find((step) => step.tokens > tokens);
  return known === undefined ? 0 : (known.milliseconds * tokens) / known.tokens;
}

/** Number of the last steps per size. Several, so that one that other processes delayed has no effect. */
const KEPT = 3;
/** Keep the last N samples per kernel; older ones no longer reflect the load. */
const LAST_STEPS = 64;

/** Step, and the number of tokens before it in its sequence. */
export interface PlacedStep extends MeasuredStep {
  readonly depth: number;
}

/** Times of the last steps. */
export class StepTimes {
  readonly #tile: number;
  #steps: readonly PlacedStep[] = [];

  /** @param tile size from which steps are of another kind, in tokens */
  constructor(tile: number = TILE) {
    this.#tile = tile;
  }

  /** Records a step. One below the smallest size has no significance. */
  record({ tokens, milliseconds, depth }: PlacedStep): void {
    const size = SIZES.findLast((one) => one <= tokens);
    if (size === undefined) return;
    const scaled = (Math.max(milliseconds, 0.001) * size) / tokens;
    const step = { tokens: size, milliseconds: scaled, depth };
    const alike = this.#alike(step);
    const others = this.#steps.filter((one) => !alike.includes(one));
    this.#steps = [...others, ...[...alike, step].slice(-LAST_STEPS)];
  }

  /** Returns the median time of each size, converted to a depth; ascending by size. */
  at(depth: number): readonly MeasuredStep[] {
    return SIZES.flatMap((tokens) => {
      const last = this.#steps.filter((step) => step.tokens === tokens).slice(-KEPT);
      const times = last.map((step) => step.milliseconds * this.#growth(step, depth));
      const milliseconds = median(times);
      return milliseconds === undefined ? [] : [{ tokens, milliseconds }];
    });
  }

  /** Returns tokens per millisecond of the largest steps at a depth; undefined before the first step. */
  rate(depth: number): number | undefined {
    const largest = this.at(depth).at(-1);
    return largest && largest.tokens / largest.milliseconds;
  }

  /** Growth of a step with depth. Steps of flash attention's tile grow less; without enough of a kind, all are used. */
  #growth(step: PlacedStep, depth: number): number {
    const [from, to] = [step.depth, depth];
    return growthOf(this.#alike(step), from, to) ?? growthOf(this.#steps, from, to) ?? 1;
  }

  #alike(step: MeasuredStep): readonly PlacedStep[] {
    const isTiled = step.tokens >= this.#tile;
    return this.#steps.filter((one) => one.tokens >= this.#tile === isTiled);
  }
}

/** Smallest spread of depths that shows a trend, in tokens. */
const SPREAD = 256;

/** Ratio of the time of a token at one depth to another one. */
function growthOf(steps: readonly PlacedStep[], from: number, to: number): number | undefined {
  const timed = steps.map((step) => ({ depth: step.depth, time: tokenTime(step) }));
  const line = resistantLine(timed, SPREAD);
  return line && timeOn(line, to) / timeOn(line, from);
}
