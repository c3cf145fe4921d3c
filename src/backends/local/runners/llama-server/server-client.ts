import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import { RuntimeFailure } from '../../../../core/failure.ts';
import { parseJson } from '../../../../core/json.ts';
import { createHttpClient } from '../../../../net/http-client.ts';
import type { HttpAnswer } from '../../../../net/http-client.ts';
import { linkAbort } from '../../../../net/linked-abort.ts';
import { readLines } from '../../../../net/lines.ts';
import { readText } from '../../../../net/read-text.ts';
import { chunkSchema, failureSchema } from './protocol.ts';
import type { CompletionBody, CompletionChunk } from './protocol.ts';

export interface LlamaServerClientOptions {
  readonly url: string;
  readonly key: string;
  /** Name of the model for messages. */
  readonly model: string;
  /** Resolves at the end of the process. */
  readonly ended: Promise<unknown>;
}

/** Longest answer without a stream, and longest line of a stream. */
const MOST_BYTES = 16 * 2 ** 20;
/** Time in which a process ends whose connection broke off. */
const END_MS = 2000;
/** Silence after which it counts as hung. A step takes a fraction of it. */
const STUCK_MS = 120_000;
/** Prefix of a line with data in a stream. */
const DATA = 'data: ';

/** Failure of a request whose content llama-server can't use. */
export class RefusedRequest extends RuntimeFailure {
  /** Reason in the words of llama-server. */
  readonly reason: string;

  constructor({ code, message }: RuntimeFailure, reason: string) {
    super(code, message);
    this.reason = reason;
  }
}

/** Client of a running llama-server. */
export class LlamaServerClient {
  readonly #options: LlamaServerClientOptions;
  readonly #http = createHttpClient({
    name: 'llama-server',
    hint: 'the next request starts it again',
  });
  #waiting = 0;
  /** Time of the last answer, or of the first request after it. */
  #waitsSince = Infinity;

  constructor(options: LlamaServerClientOptions) {
    this.#options = options;
  }

  async get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    return this.#guard(async () => {
      const answer = await this.#http.get(this.#url(path), signal, this.#headers);
      return this.#read(answer, schema);
    }, signal);
  }

  /** Sends JSON, and reads the answer. An abort closes the connection, which cancels the work. */
  async post<T>(
    path: string,
    body: unknown,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#guard(async () => {
      const answer = await this.#http.post(this.#url(path), body, signal, this.#headers);
      return this.#read(answer, schema);
    }, signal);
  }

  /** Completes a prompt as a stream. */
  async *complete(body: CompletionBody, signal: AbortSignal): AsyncGenerator<CompletionChunk> {
    const path = '/completion';
    const streamed = { ...body, stream: true, return_tokens: true };
    // Closing the connection at once ends the work of the slot.
    const leaving = linkAbort(signal);
    try {
      const answer = await this.#guard(
        () => this.#http.post(this.#url(path), streamed, leaving.signal, this.#headers),
        signal,
      );
      if (answer.status !== 200) await this.#refuse(answer);
      const lines = readLines(answer.body, MOST_BYTES);
      for (;;) {
        const next = await this.#guard(() => lines.next(), signal);
        if (next.done === true) return;
        const line = next.value;
        if (line.startsWith(DATA)) yield chunkSchema.parse(parseJson(line.slice(DATA.length)));
        else if (line.startsWith('error: ')) throw this.#failure(messageIn(line.slice(7)));
      }
    } finally {
      leaving.release();
      leaving.abort();
    }
  }

  /** True if a request has had no answer for far longer than any step takes, so that the process probably hangs. */
  get isStuck(): boolean {
    return performance.now() - this.#waitsSince > STUCK_MS;
  }

  get #headers() {
    return { authorization: `Bearer ${this.#options.key}` };
  }

  #url(path: string): string {
    return `${this.#options.url}${path}`;
  }

  async #read<T>(answer: HttpAnswer, schema: z.ZodType<T>): Promise<T> {
    if (answer.status !== 200) await this.#refuse(answer);
    return schema.parse(parseJson(await readText(answer.body, MOST_BYTES)));
  }

  async #refuse(answer: HttpAnswer): Promise<never> {
    const reason = messageIn(await readText(answer.body, MOST_BYTES));
    const failure = this.#failure(reason);
    throw answer.status === 400 ? new RefusedRequest(failure, reason) : failure;
  }

  #failure(reason: string): RuntimeFailure {
    return new RuntimeFailure(
      'backend-failed',
      `llama-server refused a request for ${this.#options.model}: ${reason}`,
    );
  }

  /** Waits for the end of the process if a connection broke off, because the end is the reason to report. */
  async #guard<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#waiting++ === 0) this.#waitsSince = performance.now();
    try {
      const result = await work();
      this.#waitsSince = performance.now();
      return result;
    } catch (error) {
      const isBroken = error instanceof RuntimeFailure && BROKEN.includes(error.code);
      if (isBroken && !signal.aborted) {
        await Promise.race([this.#options.ended, delay(END_MS)]);
      }
      throw error;
    } finally {
      if (--this.#waiting === 0) this.#waitsSince = Infinity;
    }
  }
}

const BROKEN: readonly string[] = ['backend-unavailable', 'backend-failed'];

function messageIn(text: string): string {
  const { data } = failureSchema.safeParse(parseJson(text));
  return data?.error.message ?? text.slice(0, 200);
}
