import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RuntimeFailure } from '../core/errors.ts';
import type { StreamFrame } from '../wire/anthropic/encode-stream.ts';
import { PING } from '../wire/anthropic/encode-stream.ts';

/** Clients count a stream as dead that stays silent; a ping goes out after this long. */
const PING_MILLISECONDS = 5000;

/** A response as a stream of server-sent events that never falls silent. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #ping: NodeJS.Timeout;

  /** Sends the headers at once. The signal tells that the client has gone. */
  constructor(response: ServerResponse, signal: AbortSignal) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
    });
    this.#ping = setInterval(() => response.write(toText(PING)), PING_MILLISECONDS);
  }

  /** Writes frames together, and waits for a client that reads too slowly. */
  async write(frames: readonly StreamFrame[]): Promise<void> {
    if (frames.length === 0) return;
    this.#ping.refresh();
    if (!this.#response.write(frames.map(toText).join(''))) {
      await this.#drained();
    }
  }

  async #drained(): Promise<void> {
    try {
      await once(this.#response, 'drain', { signal: this.#signal });
    } catch (cause) {
      throw new RuntimeFailure('cancelled', 'The client has gone.', { cause });
    }
  }

  end(frames: readonly StreamFrame[] = []): void {
    clearInterval(this.#ping);
    this.#response.end(frames.map(toText).join(''));
  }
}

function toText(frame: StreamFrame): string {
  return `event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`;
}
