/** Time without requests after which states are written to files. */
const KEEP_MS = 10_000;

/** Time without requests after which a model is measured. Shorter pauses are part of a session. */
const MEASURE_MS = 60_000;

export interface IdleWorkOptions {
  /** True while a request waits or is answered. */
  readonly isBusy: () => boolean;
  /** Writes states to files. */
  readonly keep: () => Promise<void> | undefined;
  /** Measures the model. */
  readonly measure: (signal: AbortSignal) => Promise<void> | undefined;
  /** Time until the measurement; default: a minute. */
  readonly measureMs?: number | undefined;
}

/** Work of an engine for the time without requests. */
export class IdleWork {
  readonly #options: IdleWorkOptions;
  #timers: readonly NodeJS.Timeout[] = [];
  #measuring = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: IdleWorkOptions) {
    this.#options = options;
  }

  /** Starts the time again, after a request. */
  schedule(): void {
    this.pause();
    const { isBusy, keep, measure, measureMs = MEASURE_MS } = this.#options;
    if (isBusy()) return;
    const { signal } = this.#measuring;
    // States come first, because a process may be killed at any time.
    this.#timers = [
      this.#after(KEEP_MS, keep),
      this.#after(measureMs, () => (signal.aborted ? undefined : measure(signal))),
    ];
  }

  /** Stops what is not urgent, for a request. */
  pause(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#measuring.abort();
    this.#measuring = new AbortController();
  }

  /** Stops all work, and waits until it has ended. */
  async end(): Promise<void> {
    this.pause();
    await this.#running;
  }

  #after(milliseconds: number, work: () => Promise<void> | undefined): NodeJS.Timeout {
    return setTimeout(() => {
      // Each reports its own failures.
      this.#running = this.#running.then(work).catch(() => undefined);
    }, milliseconds).unref();
  }
}
