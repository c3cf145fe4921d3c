import type { BatchItem, PrioritizedBatchItem } from 'node-llama-cpp';
import { planBatch, shouldWait } from './batching.ts';
import { prefillStep, StepTimes, TILE } from './prefill-steps.ts';

/** A batch that takes longer than this may hang. */
const OVERDUE_MILLISECONDS = 60_000;
/** On a slow machine one may, if it takes so many times as long as any before it. */
const OVERDUE_RATIO = 20;

/** Who is evaluated when, among the sequences of one context. */
export class Scheduler {
  #active = 0;
  /** Sequences that are active, but did not come back for the last batch: they are not waited for. */
  #missing = 0;
  #turns = 0;
  #batch: { readonly startedAt: number; readonly tokens: number } | undefined;
  /** Of the sequence that prefilled last, in tokens. */
  #depth = 0;
  readonly #tile: number;
  readonly #times: StepTimes;
  #longest = 0;
  #exclusives = 0;
  #lastExclusive: Promise<unknown> = Promise.resolve();

  /** @param tile the size of a prefill's steps from which on they are of another kind, in tokens */
  constructor(tile: number = TILE) {
    this.#tile = tile;
    this.#times = new StepTimes(tile);
  }

  /** The rate of prefill in tokens per millisecond; undefined before it was measured. */
  get rate(): number | undefined {
    return this.#times.rate(this.#depth);
  }

  /** True if a batch is under way that takes far longer than any before it. */
  get isOverdue(): boolean {
    if (this.#batch === undefined || this.#active === 0) return false;
    const milliseconds = performance.now() - this.#batch.startedAt;
    return milliseconds > Math.max(OVERDUE_MILLISECONDS, OVERDUE_RATIO * this.#longest);
  }

  /** Whether nobody else is being evaluated. */
  get isAlone(): boolean {
    return this.#active <= 1;
  }

  /** For `createContext({ batching: { itemPrioritizationStrategy } })`. */
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
    // A slot queues one step at a time: cut, it would leave a rest that takes longer than all of it.
    const next = items.find(({ tokens }) => tokens.length > 1)?.tokens.length;
    const prefill = next === undefined ? 0 : Math.max(next, this.step(size, this.#depth));
    const batch = planBatch(items, { size, prefill });
    const prefilled = batch.filter(({ processAmount }) => processAmount > 1);
    const tokens = prefilled.reduce((sum, { processAmount }) => sum + processAmount, 0);
    this.#batch = { startedAt: performance.now(), tokens };
    return batch;
  };

  /**
   * How many tokens of a prompt to queue at once, so that an abort is noticed in time.
   *
   * @param depth how many tokens of it were evaluated before
   */
  step(batchSize: number, depth: number): number {
    this.#depth = depth;
    return prefillStep(this.#times.at(depth), batchSize, this.#tile);
  }

  /** Tells that the batch is done, as far as its sequences know. */
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

  /** Where an active sequence waits between its steps while another's state is changed. */
  async pass(): Promise<void> {
    while (this.#exclusives > 0) {
      this.#active--;
      await this.#lastExclusive;
      this.#active++;
    }
  }

  /**
   * Changes the state of a sequence. The library's dispatcher holds the context as long as anything is
   * queued, so that without a pause two streams would keep everyone else out.
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
