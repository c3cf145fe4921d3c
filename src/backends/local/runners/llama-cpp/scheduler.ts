import type { BatchItem, PrioritizedBatchItem } from 'node-llama-cpp';
import { planBatch, shouldWait } from './batching.ts';
import { alignedStep, prefillStep, StepTimes, TILE } from '../../prefill-steps.ts';

/** Time of a batch after which it may hang. */
const OVERDUE_MS = 60_000;
/** Ratio to the longest earlier batch that also has to be exceeded, for slow machines. */
const OVERDUE_RATIO = 20;

/** Schedules the evaluation of the sequences of one context. */
export class Scheduler {
  #active = 0;
  /** Active sequences that did not return for the last batch, so the next one does not wait for them. */
  #missing = 0;
  #turns = 0;
  #batch: { readonly startedAt: number; readonly tokens: number } | undefined;
  /** Depth of the last prefilled sequence, in tokens. */
  #depth = 0;
  readonly #tile: number;
  readonly #times: StepTimes;
  #longest = 0;
  #exclusives = 0;
  #lastExclusive: Promise<unknown> = Promise.resolve();

  /** @param tile size of prefill steps from which they are of another kind, in tokens */
  constructor(tile: number = TILE) {
    this.#tile = tile;
    this.#times = new StepTimes(tile);
  }

  /** Rate of the prefill in tokens per millisecond; undefined before it was measured. */
  get rate(): number | undefined {
    return this.#times.rate(this.#depth);
  }

  /** True if the running batch takes far longer than any earlier one. */
  get isOverdue(): boolean {
    if (this.#batch === undefined || this.#active === 0) return false;
    const milliseconds = performance.now() - this.#batch.startedAt;
    return milliseconds > Math.max(OVERDUE_MS, OVERDUE_RATIO * this.#longest);
  }

  /** True if no other sequence is in evaluation. */
  get isAlone(): boolean {
    return this.#active <= 1;
  }

  /** Strategy for `createContext({ batching: { itemPrioritizationStrategy } })`. */
  readonly plan = (queue: {
    readonly items: readonly BatchItem[];
    readonly size: number;
  }): PrioritizedBatchItem[] => {
    const { items, size } = queue;
    this.settle();
    this.#missing = Math.min(this.#missing, this.#active - items.length);
    if (shouldWait(items.length, this.#active - this.#missing, this.#turns++)) return [];
    this.#missing = Math.max(0, this.#active - items.length);
    this.#turns = 0;
    // A slot queues one step at a time. If a step were cut, the rest would take longer than the complete step.
    const next = items.find(({ tokens }) => tokens.length > 1)?.tokens.length;
    const prefill = next === undefined ? 0 : Math.max(next, this.step(size, this.#depth));
    const batch = planBatch(items, { size, prefill });
    const prefilled = batch.filter(({ processAmount }) => processAmount > 1);
    const tokens = prefilled.reduce((sum, { processAmount }) => sum + processAmount, 0);
    this.#batch = { startedAt: performance.now(), tokens };
    return batch;
  };

  /**
   * Returns the number of prompt tokens to queue at once, so that an abort is noticed in time.
   *
   * @param depth number of its tokens that were evaluated before
   */
  step(batchSize: number, depth: number): number {
    this.#depth = depth;
    return prefillStep(this.#times.at(depth), batchSize, this.#tile, !this.isAlone);
  }

  /**
   * Returns the number of tokens for the next step of a prompt.
   *
   * @param remaining number of its tokens that are not evaluated yet
   */
  promptStep(batchSize: number, depth: number, remaining: number): number {
    if (this.isAlone) return alignedStep(this.step(batchSize, depth), remaining);
    return this.step(Math.min(batchSize, remaining), depth);
  }

  /** Notes the end of the batch, as seen by its sequences. */
  settle(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch === undefined) return;
    const milliseconds = performance.now() - batch.startedAt;
    this.#longest = Math.max(this.#longest, milliseconds);
    this.#times.record({ tokens: batch.tokens, milliseconds, depth: this.#depth });
  }

  /** Counts a sequence as active, until the returned function is called. */
  join(): () => void {
    this.#active++;
    return () => {
      this.#active--;
    };
  }

  /** Waits between two steps of an active sequence while another one's state changes. */
  async pass(): Promise<void> {
    while (this.#exclusives > 0) {
      this.#active--;
      await this.#lastExclusive;
      this.#active++;
    }
  }

  /**
   * Changes the state of a sequence. The library's dispatcher locks the context while anything is queued, so without a
   * pause two streams would block all others.
   */
  exclusive<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#exclusives++;
    const done = this.#lastExclusive.then(work).finally(() => {
      this.#exclusives--;
    });
    this.#lastExclusive = done.catch(() => undefined);
    return done;
  }
}
