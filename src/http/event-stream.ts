import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { clientGone } from '../core/abort.ts';
import { beforeWorkOnBytes } from '../core/steps.ts';
import type { AnswerStream } from '../wires/wire.ts';

/** Limits on the silence of a stream. */
export interface SilenceLimits {
  /** Time until a ping and between pings. */
  readonly pingMs: number;
  /** Time until an empty delta, for clients that ignore pings. */
  readonly keepAliveMs: number;
}

/** Below the 300 s after which Claude Code 2.1.197 aborts a stream without events other than pings. */
const SILENCE_LIMITS: SilenceLimits = { pingMs: 5000, keepAliveMs: 200_000 };

/** A streamed response that never falls silent. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #ping: NodeJS.Timeout;
  readonly #keepAlive: NodeJS.Timeout;

  /**
   * Sends the headers at once.
   *
   * @param signal aborts when the client has gone
   */
  constructor(
    response: ServerResponse,
    answer: Pick<AnswerStream, 'contentType' | 'ping' | 'keepAlive'>,
    signal: AbortSignal,
    limits: SilenceLimits = SILENCE_LIMITS,
  ) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': answer.contentType,
      'cache-control': 'no-cache',
      connection: 'keep-alive',
    });
    this.#ping = setInterval(() => this.#writeIfDrained(answer.ping), limits.pingMs);
    this.#keepAlive = setInterval(
      () => this.#writeIfDrained(answer.keepAlive()),
      limits.keepAliveMs,
    );
  }

  /** Writes a text, and waits while the client reads slowly. */
  async write(text: string): Promise<void> {
    if (text === '') return;
    this.#ping.refresh();
    this.#keepAlive.refresh();
    if (this.#response.write(text)) return;
    await this.#drained();
    // Many clients may read on in one turn of the event loop.
    await beforeWorkOnBytes(this.#response.writableHighWaterMark);
  }

  /** Skips the text while the socket is backed up: unread frames already keep the client busy. */
  #writeIfDrained(text: string): void {
    if (text !== '' && !this.#response.writableNeedDrain) this.#response.write(text);
  }

  async #drained(): Promise<void> {
    try {
      await once(this.#response, 'drain', { signal: this.#signal });
    } catch (cause) {
      throw clientGone(cause);
    }
  }

  end(text: string): void {
    clearInterval(this.#ping);
    clearInterval(this.#keepAlive);
    this.#response.end(text);
  }
}
