import { smallest } from '../../../../core/lists.ts';

/** While somebody decodes or may cancel, a batch with a step of prefill takes no longer than this. */
const STEP_MILLISECONDS = 80;
/** Steps that are tried, in tokens. */
const SIZES = [16, 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048] as const;
const SMALLEST_STEP = SIZES[0];
/** From this size on flash attention on a CPU is up to ten times faster: it must have been tried. */
export const TILE = 64;
/** Without flash attention all sizes are of one kind. */
export const NO_TILE = 0;
/** A step may be so many times as long as any that was measured. */
const GROWTH = 2;
/** A small step may take so many times as long for each token as the best one. */
const WASTE = 1.25;

/** How long steps of a size took. */
export interface MeasuredStep {
  readonly tokens: number;
  readonly milliseconds: number;
}

/**
 * How many tokens of prompts to evaluate in one batch: streams get their next token, and an abort is
 * noticed, between batches. Where even the fastest step takes long, one may take twice as long, and is
 * the smallest that wastes little: the prompt would be done much later by smaller ones, and hardly sooner
 * by larger ones. Sizes are measured one by one, since a smaller step can take longer.
 *
 * @param measured ascending by size; empty before the first step, which is the smallest
 * @param batchSize the most tokens that llama.cpp takes in one batch
 * @param tile the size from which on steps are of another kind, in tokens
 */
export function prefillStep(
  measured: readonly MeasuredStep[],
  batchSize: number,
  tile: number = TILE,
): number {
  const largest = measured.at(-1)?.tokens ?? 0;
  const most = Math.max(SMALLEST_STEP, largest * GROWTH);
  if (largest < tile) return Math.min(most, batchSize);
  const steps = SIZES.filter((tokens) => tokens <= Math.min(most, batchSize)).map((tokens) => ({
    tokens,
    milliseconds: estimate(measured, tokens, tile),
  }));
  const fastest = smallest(steps.map(({ milliseconds }) => milliseconds));
  if (fastest <= STEP_MILLISECONDS) {
    const longest = steps.findLast(({ milliseconds }) => milliseconds <= STEP_MILLISECONDS);
    const bargain = steps.find((step) => longest !== undefined && isBargain(step, longest));
    return (bargain ?? longest)?.tokens ?? SMALLEST_STEP;
  }
  const fitting = steps.filter(({ milliseconds }) => milliseconds <= 2 * fastest);
  const best = smallest(fitting.map(tokenTime));
  const chosen = fitting.find((step) => tokenTime(step) <= WASTE * best);
  // Of another kind, a larger one may waste less: that is not known before it was tried.
  const untried = fitting.find(({ tokens }) => tokens > largest && tile !== NO_TILE);
  const next = chosen?.tokens === largest ? (untried ?? chosen) : chosen;
  return next?.tokens ?? Math.min(SMALLEST_STEP, batchSize);
}

/** Whether a step that is somewhat too long is at least twice as fast. */
function isBargain(step: MeasuredStep, longest: MeasuredStep): boolean {
  const isShort = step.milliseconds <= 2 * STEP_MILLISECONDS;
  return isShort && 2 * tokenTime(step) <= tokenTime(longest);
}

/**
 * The next step of a prompt, such that none of its later ones is below the tile: the odd rest goes first,
 * where little lies before it.
 *
 * @param step as `prefillStep` has it
 * @param remaining tokens of the prompt that are left to prefill
 */
export function alignedStep(step: number, remaining: number): number {
  if (step < TILE || remaining <= step) return Math.min(step, remaining);
  const rest = remaining % TILE;
  return rest + TILE * Math.max(1, Math.floor((step - rest) / TILE));
}

function tokenTime({ tokens, milliseconds }: MeasuredStep): number {
  return milliseconds / tokens;
}

/** What a size took, else in proportion to what the next smaller or larger one of its kind did. */
function estimate(measured: readonly MeasuredStep[], tokens: number, tile: number): number {
  const alike = measured.filter((step) => step.tokens >= tile === tokens >= tile);
  const steps = alike.length > 0 ? alike : measured;
  const smaller = steps.findLast((step) => step.tokens <= tokens);
  const known = smaller ?? steps.find((step) => step.tokens > tokens);
  return known === undefined ? 0 : (known.milliseconds * tokens) / known.tokens;
}

/** Of the last ones of a size, so that one that other processes held up decides nothing. */
const KEPT = 3;
/** Older steps, of those below the tile or of the others, were made when the machine was another. */
const LAST_STEPS = 64;

/** A step, and how many tokens of its sequence lay before it. */
export interface PlacedStep extends MeasuredStep {
  readonly depth: number;
}

/** The steps that were made last. */
export class StepTimes {
  readonly #tile: number;
  #steps: readonly PlacedStep[] = [];

  /** @param tile the size from which on steps are of another kind, in tokens */
  constructor(tile: number = TILE) {
    this.#tile = tile;
  }

  /** What is smaller than the smallest step tells nothing. */
  record({ tokens, milliseconds, depth }: PlacedStep): void {
    const size = SIZES.findLast((one) => one <= tokens);
    if (size === undefined) return;
    const scaled = (Math.max(milliseconds, 0.001) * size) / tokens;
    const step = { tokens: size, milliseconds: scaled, depth };
    const alike = this.#alike(step);
    const others = this.#steps.filter((one) => !alike.includes(one));
    this.#steps = [...others, ...[...alike, step].slice(-LAST_STEPS)];
  }

  /** The median time of each size, as it would be at a depth; ascending by size. */
  at(depth: number): readonly MeasuredStep[] {
    return SIZES.flatMap((tokens) => {
      const last = this.#steps.filter((step) => step.tokens === tokens).slice(-KEPT);
      const times = last.map((step) => step.milliseconds * this.#growth(step, depth));
      const milliseconds = middle(times);
      return milliseconds === undefined ? [] : [{ tokens, milliseconds }];
    });
  }

  /** Tokens per millisecond of the largest steps at a depth; undefined before any was made. */
  rate(depth: number): number | undefined {
    const largest = this.at(depth).at(-1);
    return largest && largest.tokens / largest.milliseconds;
  }

  /** Steps with flash attention's tile grow less with depth; where too few are known, others tell. */
  #growth(step: PlacedStep, depth: number): number {
    const [from, to] = [step.depth, depth];
    return growthOf(this.#alike(step), from, to) ?? growthOf(this.#steps, from, to) ?? 1;
  }

  #alike(step: MeasuredStep): readonly PlacedStep[] {
    const isTiled = step.tokens >= this.#tile;
    return this.#steps.filter((one) => one.tokens >= this.#tile === isTiled);
  }
}

/** Depths that lie closer together tell of no trend, in tokens. */
const SPREAD = 256;

/**
 * By how much longer a token takes at one depth than at another: attention looks at all that lies
 * before it. A line through the medians of the shallower and of the deeper half, which single steps
 * that were held up do not bend (Tukey's resistant line).
 */
function growthOf(steps: readonly PlacedStep[], from: number, to: number): number | undefined {
  const sorted = steps.toSorted((one, other) => one.depth - other.depth);
  const half = sorted.length >> 1;
  const [near, far] = [middleStep(sorted.slice(0, half)), middleStep(sorted.slice(half))];
  if (near === undefined || far === undefined || far.depth - near.depth < SPREAD) return undefined;
  const slope = Math.max(0, (far.time - near.time) / (far.depth - near.depth));
  const timeAt = (depth: number) =>
    Math.max(near.time + slope * (depth - near.depth), near.time / 4);
  return timeAt(to) / timeAt(from);
}

/** The median depth, and the median time of a token. */
function middleStep(steps: readonly PlacedStep[]) {
  const depth = middle(steps.map((step) => step.depth));
  const time = middle(steps.map(tokenTime));
  return depth === undefined || time === undefined ? undefined : { depth, time };
}

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)];
}
