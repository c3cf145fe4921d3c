import { RuntimeFailure } from '../core/failure.ts';

/** Limits on what a model server may send without a piece of its answer. */
export interface ProgressLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** An empty delta for each token of hidden thinking takes less, as do keep-alives during a prefill of hours. */
const LIMITS: ProgressLimits = { bytes: 32 * 1024 * 1024, milliseconds: 2 * 3600 * 1000 };

/**
 * Ends a stream that is alive, but makes no progress: empty deltas, comments or blank lines without end. A
 * silent server is not ended, because a model may work for hours.
 */
export class ProgressBound {
  readonly #limits: ProgressLimits;
  #bytes = 0;
  #since = performance.now();

  constructor(limits: ProgressLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Records that a piece of the answer arrived. */
  advance(): void {
    this.#bytes = 0;
    this.#since = performance.now();
  }

  /**
   * Passes the bytes of a stream on.
   *
   * @throws {backend-failed} if too many arrive, or for too long, without progress
   */
  async *watch(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    const { bytes: mostBytes, milliseconds } = this.#limits;
    for await (const chunk of bytes) {
      this.#bytes += chunk.length;
      if (this.#bytes > mostBytes) throw stuck(`${mostBytes} bytes`);
      if (performance.now() - this.#since > milliseconds) throw stuck(`${milliseconds / 1000} s`);
      yield chunk;
    }
  }
}

function stuck(amount: string): RuntimeFailure {
  return new RuntimeFailure(
    'backend-failed',
    `the model server sent nothing of an answer in over ${amount}, so it was cut off; look into its log`,
  );
}
