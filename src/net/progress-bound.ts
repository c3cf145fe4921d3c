import { RuntimeFailure } from '../core/failure.ts';
import { withTimeout } from './timeouts.ts';

/** Limits on what a model server may send without a piece of its answer. */
export interface ProgressLimits {
  readonly bytes: number;
  readonly milliseconds: number;
  /** Time for what a server sends after it has finished its answer. */
  readonly tailMs: number;
}

/** An empty delta for each token of hidden thinking takes less, as do keep-alives during a prefill of hours. */
const LIMITS: ProgressLimits = {
  bytes: 32 * 1024 * 1024,
  milliseconds: 2 * 3600 * 1000,
  tailMs: 3_000,
};

/**
 * Ends a stream that is alive, but makes no progress: empty deltas, comments or blank lines without end. A
 * silent server is not ended, because a model may work for hours, unless it has finished its answer.
 */
export class ProgressBound {
  readonly #limits: ProgressLimits;
  #bytes = 0;
  #since = performance.now();
  #isFinished = false;
  #isLeft = false;
  /** In milliseconds; only the time of waiting for the server counts. */
  #tailLeft: number;

  constructor(limits: Partial<ProgressLimits> = {}) {
    this.#limits = { ...LIMITS, ...limits };
    this.#tailLeft = this.#limits.tailMs;
  }

  /** True if the stream was left because nothing came after the finish. Its last line may be incomplete. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Records that a piece of the answer arrived. */
  advance(): void {
    this.#bytes = 0;
    this.#since = performance.now();
    this.#tailLeft = this.#limits.tailMs;
  }

  /** Records that the server has finished its answer. Only its counts may follow, so the stream ends soon. */
  finish(): void {
    this.#isFinished = true;
  }

  /**
   * Passes the bytes of a stream on.
   *
   * @throws {backend-failed} if too many arrive, or for too long, without progress
   */
  async *watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const { bytes: mostBytes, milliseconds } = this.#limits;
    const iterator = bytes[Symbol.asyncIterator]();
    try {
      for (;;) {
        const item = await this.#next(iterator);
        this.#isLeft = item === undefined;
        if (item === undefined || item.done === true) return;
        this.#bytes += item.value.length;
        if (this.#bytes > mostBytes) throw stuck(`${mostBytes} bytes`);
        if (performance.now() - this.#since > milliseconds) throw stuck(`${milliseconds / 1000} s`);
        yield item.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** Returns undefined if a server that has finished sends nothing for too long. */
  async #next(
    iterator: AsyncIterator<Uint8Array>,
  ): Promise<IteratorResult<Uint8Array, unknown> | undefined> {
    if (!this.#isFinished) return iterator.next();
    const start = performance.now();
    const item = await withTimeout(iterator.next(), this.#tailLeft);
    this.#tailLeft -= performance.now() - start;
    return item;
  }
}

function stuck(amount: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the model server sent nothing of an answer in over ${amount}, so it was cut off; look into its log`,
  );
}
