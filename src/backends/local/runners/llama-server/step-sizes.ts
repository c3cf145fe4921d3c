import { alignedStep, prefillStep, StepTimes, TILE } from '../../prefill-steps.ts';
import type { PlacedStep } from '../../prefill-steps.ts';

/** Largest step: the default batch of llama-server, which it evaluates without a look at other requests. */
const BATCH_TOKENS = 2048;

/** Sizes of the prefill steps of all slots, by their measured times. */
export class StepSizes {
  readonly #times = new StepTimes(TILE);
  #active = 0;
  #depth = 0;

  /** Rate of the prefill in tokens per millisecond; undefined before it was measured. */
  get rate(): number | undefined {
    return this.#times.rate(this.#depth);
  }

  /**
   * Returns the number of tokens for the next step of a prompt.
   *
   * @param depth number of its tokens that were evaluated before
   * @param remaining number of its tokens that are not evaluated yet
   */
  next(depth: number, remaining: number): number {
    const isBeside = this.#active > 0;
    const measured = this.#times.at(depth);
    if (!isBeside) return alignedStep(prefillStep(measured, BATCH_TOKENS, TILE), remaining);
    return prefillStep(measured, Math.min(BATCH_TOKENS, remaining), TILE, true);
  }

  /** Records a step, unless the tokens of streams were in its batch. */
  record(step: PlacedStep): void {
    this.#depth = step.depth;
    this.#times.record(step);
  }

  /** Counts a working slot, until the returned function is called. */
  join(): () => void {
    this.#active++;
    return () => {
      this.#active--;
    };
  }
}
