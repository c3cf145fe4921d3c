import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { beforeWorkOnBytes } from '../core/steps.ts';

/** Response status and headers. */
export interface ResponseHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** Buffered bytes above which the connection is paused. */
const MOST_HELD_BYTES = 256 * 1024;

/**
 * Time to wait for the end of a response after its consumer stopped. Most responses have only a few bytes
 * left, and a connection that was read to the end can be reused.
 */
const TAIL_MS = 100;

/** Created once: capturing an error's stack takes longer than many requests. */
const LEFT = new DOMException('The answer was not read to its end.', 'AbortError');

/** Request to a server and its response. undici's own `request` takes several times as long. */
export class ResponseStream implements Dispatcher.DispatchHandler {
  #begin: (head: ResponseHead) => void = () => undefined;
  #refuse: (reason: unknown) => void = () => undefined;
  /** Resolves with the start of the response; rejects if there is none. */
  readonly head = new Promise<ResponseHead>((resolve, reject) => {
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

  /** `settled` is called once, after the response has ended or failed. */
  constructor(settled: () => void) {
    this.#settled = settled;
  }

  /** Closes the connection at once; pending reads throw the reason. */
  abort(reason: Error): void {
    this.#held = [];
    this.#settle('failed', reason);
    this.#controller?.abort(reason);
  }

  /**
   * Body bytes as they arrive, for one reader. An interruption throws the error that `broken` returns. Written by
   * hand, because a generator can't be left while it waits for bytes.
   */
  body(broken: (reason: unknown) => unknown): AsyncIterable<Uint8Array> {
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => this.#next(broken),
        return: () => {
          if (this.#state === 'open') this.#leave();
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    };
  }

  async #next(
    broken: (reason: unknown) => unknown,
  ): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const value = this.#held.shift();
      if (value !== undefined) {
        this.#heldBytes -= value.length;
        await beforeWorkOnBytes(value.length);
        return { done: false, value };
      }
      if (this.#state === 'failed') throw broken(this.#failure);
      if (this.#state === 'ended') return { done: true, value: undefined };
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      // Bytes that are already received may arrive during this call.
      this.#controller?.resume();
      await woken;
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
    // Informational responses (1xx) precede the real one.
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

  /** Handles a consumer that stopped reading. */
  #leave(): void {
    this.#isRead = false;
    this.#held = [];
    this.#controller?.resume();
    setTimeout(() => this.abort(LEFT), TAIL_MS).unref();
  }
}
