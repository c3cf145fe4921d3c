import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { RuntimeFailure } from '../core/failure.ts';
import type { StreamFrame } from '../wires/anthropic/encode-stream.ts';
import { PING } from '../wires/anthropic/encode-stream.ts';

/** How long a stream may say nothing. */
export interface SilenceLimits {
  /** Until a ping goes out, and between pings. */
  readonly pingMilliseconds: number;
  /** Until a delta that says nothing goes out, for clients that take no ping for a sign of life. */
  readonly lifeMilliseconds: number;
}

/** Claude Code 2.1.197 gives a stream up after 300 s without an event that is no ping. */
const SILENCE_LIMITS: SilenceLimits = { pingMilliseconds: 5000, lifeMilliseconds: 200_000 };

export interface EventStreamOptions {
  /** Tells that the client has gone. */
  readonly signal: AbortSignal;
  /** What shows that the answer is still being worked on; nothing where that can't be shown now. */
  readonly life: () => readonly StreamFrame[];
  readonly limits?: SilenceLimits | undefined;
}

/** A response as a stream of server-sent events that never falls silent. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #signal: AbortSignal;
  readonly #ping: NodeJS.Timeout;
  readonly #life: NodeJS.Timeout;

  /** Sends the headers at once. */
  constructor(
    response: ServerResponse,
    { signal, life, limits = SILENCE_LIMITS }: EventStreamOptions,
  ) {
    this.#response = response;
    this.#signal = signal;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      connection: 'keep-alive',
    });
    this.#ping = setInterval(() => this.#tell([PING]), limits.pingMilliseconds);
    this.#life = setInterval(() => this.#tell(life()), limits.lifeMilliseconds);
  }

  /** Writes frames together, and waits for a client that reads too slowly. */
  async write(frames: readonly StreamFrame[]): Promise<void> {
    if (frames.length === 0) return;
    this.#ping.refresh();
    this.#life.refresh();
    if (!this.#response.write(frames.map(toText).join(''))) {
      await this.#drained();
    }
  }

  /** A client that has not read the last frames yet lacks none. */
  #tell(frames: readonly StreamFrame[]): void {
    if (this.#response.writableNeedDrain || frames.length === 0) return;
    this.#response.write(frames.map(toText).join(''));
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
    clearInterval(this.#life);
    this.#response.end(frames.map(toText).join(''));
  }
}

function toText(frame: StreamFrame): string {
  return `event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`;
}
