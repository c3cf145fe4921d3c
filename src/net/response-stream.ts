import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** What begins an answer. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** More than this of an answer is not held in memory: its connection is read no further. */
const MOST_HELD_BYTES = 256 * 1024;

/**
 * How long the end of an answer that nobody reads further is waited for. Most have a last few bytes
 * on their way then, and a connection that has been read to its end can be used again.
 */
const TAIL_MS = 100;

/** Made once: an error takes longer to make, for its stack, than many a call. */
const LEFT = new DOMException('The answer was not read to its end.', 'AbortError');

/** One request to a server and its answer. undici's own `request` costs several times as much. */
export class Exchange implements Dispatcher.DispatchHandler {
  #begin: (head: AnswerHead) => void = () => undefined;
  #refuse: (reason: unknown) => void = () => undefined;
  /** Settles once the answer has begun. Rejects where none comes. */
  readonly head = new Promise<AnswerHead>((resolve, reject) => {
    this.#begin = resolve;
    this.#refuse = reject;
  });
  readonly #settled: () => void;
  #controller: Dispatcher.DispatchController | undefined;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isRead = true;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #failure: unknown;
  #wake: (() => void) | undefined;

  /** `settled` is called once, when the answer has ended, or can't any more. */
  constructor(settled: () => void) {
    this.#settled = settled;
  }

  /** Closes the connection at once; whoever waits for the answer gets the reason thrown. */
  abort(reason: Error): void {
    this.#held = [];
    this.#settle('failed', reason);
    this.#controller?.abort(reason);
  }

  /** The answer's bytes as they come, for one reader. Where they break off, it throws what `broken` makes of it. */
  async *body(broken: (reason: unknown) => unknown): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        const chunks = this.#held;
        this.#held = [];
        this.#heldBytes = 0;
        yield* chunks;
        if (this.#held.length > 0) continue;
        if (this.#state === 'failed') throw broken(this.#failure);
        if (this.#state === 'ended') return;
        this.#controller?.resume();
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      if (this.#state === 'open') this.#leave();
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure instanceof Error) controller.abort(this.#failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // Statuses below 200 only announce the answer.
    if (status >= 200) this.#begin({ status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.#isRead) return;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > MOST_HELD_BYTES) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#settle('ended', undefined);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#settle('failed', error);
  }

  #settle(state: 'ended' | 'failed', failure: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#failure = failure;
    this.#refuse(failure);
    this.#wake?.();
    this.#settled();
  }

  /** Nobody reads further. */
  #leave(): void {
    this.#isRead = false;
    this.#held = [];
    this.#controller?.resume();
    setTimeout(() => this.abort(LEFT), TAIL_MS).unref();
  }
}
