import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { createConnector } from './connector.ts';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { isLight, writeJson } from '../core/json-writer.ts';
import { inSlices } from '../core/steps.ts';
import { Exchange } from './response-stream.ts';
import { oneLine } from '../core/one-line.ts';
import { rememberSecretsOfUrl } from '../core/secrets.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Servers close a connection that was idle for 5 s; a request must not be under way by then. */
const KEEP_CONNECTION_MS = 2_000;

/** How long a server that is away is given before the next try. */
const RETRY_AFTER_SECONDS = 5;

/** How failures name the servers that a client asks. */
export interface ServerNaming {
  /** Such as `Ollama`. */
  readonly name: string;
  /** What to do where it does not answer, such as `start it with: ollama serve`. */
  readonly wayOut: string;
}

/** An upstream's answer, its body not read yet. */
export interface HttpAnswer {
  readonly status: number;
  /** Without its parameters, in lower case; empty where there is none. */
  readonly mediaType: string;
  /** Value of the `retry-after` header. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpClient {
  /**
   * Sends JSON. Aborting the signal closes the connection at once, before the headers too.
   *
   * @throws RuntimeFailure `backend-unavailable` without an answer, `cancelled` on abort; reading
   * the body throws `backend-failed` where it breaks off
   */
  post(url: string, body: unknown, signal: AbortSignal, headers?: HttpHeaders): Promise<HttpAnswer>;
  /** Asks without a body; all else as `post`. */
  get(url: string, signal: AbortSignal, headers?: HttpHeaders): Promise<HttpAnswer>;
  /** Ends all calls, which then throw `cancelled`. */
  close(): Promise<void>;
}

type Sending = Pick<Dispatcher.DispatchOptions, 'method' | 'headers' | 'body'>;

/**
 * A client for model servers: they may think for an hour before the first byte, so neither headers
 * nor body have a time limit. Calls at the same time have a connection each, which an abort closes.
 */
export function createHttpClient(naming: ServerNaming): HttpClient {
  const dispatcher = createAgent();
  const calls = new Set<Exchange>();
  const send = async (url: string, sending: Sending, caller: AbortSignal): Promise<HttpAnswer> => {
    if (caller.aborted) throw cancelled(caller.reason);
    const { origin, pathname, search } = new URL(url);
    rememberSecretsOfUrl(url);
    const abort = (): void => exchange.abort(cancelled(caller.reason));
    const exchange = new Exchange(() => {
      calls.delete(exchange);
      caller.removeEventListener('abort', abort);
    });
    calls.add(exchange);
    caller.addEventListener('abort', abort, { once: true });
    dispatcher.dispatch({ origin, path: `${pathname}${search}`, ...sending }, exchange);
    try {
      const { status, headers } = await exchange.head;
      return {
        status,
        mediaType: mediaTypeOf(headers['content-type']),
        retryAfterSeconds: secondsOf(headers['retry-after']),
        body: exchange.body((reason) => brokenOff(naming, url, reason)),
      };
    } catch (error) {
      throw error instanceof RuntimeFailure ? error : unreachable(naming, url, error);
    }
  };
  return {
    async post(url, body, signal, headers) {
      const written = await writeBody(body, signal);
      return send(
        url,
        {
          method: 'POST',
          headers: { ...headers, ...written.headers, 'content-type': 'application/json' },
          body: written.body,
        },
        signal,
      );
    },
    get: (url, signal, headers = {}) =>
      send(url, { method: 'GET', headers: { ...headers } }, signal),
    async close() {
      // An undici Agent forgets connections that it can't reuse, so its destroy misses some.
      for (const call of calls) call.abort(cancelled('the client was closed'));
      await dispatcher.destroy();
    },
  };
}

/** A large body in pieces, so that neither writing nor encoding it takes long at a time. */
async function writeBody(
  body: unknown,
  signal: AbortSignal,
): Promise<{ readonly headers: HttpHeaders; readonly body: string | Readable }> {
  if (isLight(body)) return { headers: {}, body: JSON.stringify(body) };
  const pieces: Buffer[] = [];
  const writing = writeJson(body, (piece) => pieces.push(Buffer.from(piece)));
  try {
    await inSlices(writing, signal);
  } catch (error) {
    throw signal.aborted ? cancelled(signal.reason) : error;
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { headers: { 'content-length': String(length) }, body: Readable.from(pieces) };
}

function createAgent(): Agent {
  return new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: createConnector({ timeout: CONNECT_TIMEOUT_MS }),
    keepAliveTimeout: KEEP_CONNECTION_MS,
    keepAliveMaxTimeout: KEEP_CONNECTION_MS,
  });
}

/** No answer at all came. */
export function unreachable(
  { name, wayOut }: ServerNaming,
  url: string,
  error: unknown,
): RuntimeFailure {
  return new RuntimeFailure(
    'backend-unavailable',
    `${name} does not answer at ${shownUrl(url)} (${oneLine(messageOf(error))}); ${wayOut}`,
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** A URL as failures name it: without a password, and without a query, which may hold a key. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function mediaTypeOf(header: string | string[] | undefined): string {
  const [mediaType = ''] = String(header ?? '').split(';');
  return mediaType.trim().toLowerCase();
}

/** Nobody waits longer: a server that says more is asked again after this. */
const MOST_RETRY_AFTER_SECONDS = 3600;

function secondsOf(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '').trim();
  // A number, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return seconds >= 0 ? Math.min(seconds, MOST_RETRY_AFTER_SECONDS) : undefined;
}

/** The answer ended before its end; a failure that was meant stays as it is. */
function brokenOff({ name }: ServerNaming, url: string, reason: unknown): RuntimeFailure {
  if (reason instanceof RuntimeFailure) return reason;
  return new RuntimeFailure(
    'backend-failed',
    `the connection to ${name} at ${shownUrl(url)} broke off`,
    { cause: reason },
  );
}

/** What a caller gets who has given up. */
export function cancelled(reason: unknown): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'the request was cancelled', { cause: reason });
}
