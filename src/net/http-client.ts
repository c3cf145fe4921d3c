import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { createConnector, isOfUsedConnection } from './connector.ts';
import { cancelled } from '../core/abort.ts';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { isSmall, writeJson } from '../core/json-writer.ts';
import { inSlices } from '../core/steps.ts';
import { ResponseStream } from './response-stream.ts';
import { oneLine } from '../core/one-line.ts';
import { rememberSecretsOfUrl } from '../core/secrets.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Below the 5 s after which servers close an idle connection, so that no request races with the close. */
const KEEP_CONNECTION_MS = 2_000;

/** Time in which a closed connection shows. After it the server has probably worked on the request. */
const UNREAD_MS = 1_000;

/** Suggested delay of a retry if a server does not respond. */
const RETRY_AFTER_SECONDS = 5;

/** Name and hint for failures about a server. */
export interface ServerNaming {
  /** Such as `Ollama`. */
  readonly name: string;
  /** Hint if the server does not respond, such as `start it with: ollama serve`. */
  readonly hint: string;
}

/** Upstream response with its body unread. */
export interface HttpAnswer {
  readonly status: number;
  /** Media type without parameters, in lower case; empty if absent. */
  readonly mediaType: string;
  /** Value of the `retry-after` header. */
  readonly retryAfterSeconds: number | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

export type HttpHeaders = Readonly<Record<string, string>>;

export interface HttpClient {
  /**
   * Sends JSON. Aborting the signal closes the connection at once, even before the headers.
   *
   * @throws RuntimeFailure `backend-unavailable` without a response, `cancelled` on abort; reading
   * the body throws `backend-failed` if it is interrupted
   */
  post(url: string, body: unknown, signal: AbortSignal, headers?: HttpHeaders): Promise<HttpAnswer>;
  /** Sends a request without a body; otherwise like `post`. */
  get(url: string, signal: AbortSignal, headers?: HttpHeaders): Promise<HttpAnswer>;
  /** Ends all requests, which then throw `cancelled`. */
  close(): Promise<void>;
}

interface Sending {
  readonly method: 'GET' | 'POST';
  readonly headers: HttpHeaders;
  /** A large body is in pieces. */
  readonly body?: string | readonly Buffer[];
}

interface Connections {
  readonly dispatcher: Agent;
  /** Responses that have not ended. */
  readonly calls: Set<ResponseStream>;
}

/**
 * HTTP client for model servers. Headers and body have no time limit, because a model may work for an hour
 * before the first byte. Each concurrent request has its own connection, which an abort closes.
 */
export function createHttpClient(naming: ServerNaming): HttpClient {
  const connections: Connections = { dispatcher: createAgent(), calls: new Set() };
  const { dispatcher, calls } = connections;
  const send = async (url: string, sending: Sending, caller: AbortSignal): Promise<HttpAnswer> => {
    rememberSecretsOfUrl(url);
    try {
      const stream = await sendAgain(connections, url, sending, caller);
      const { status, headers } = await stream.head;
      return {
        status,
        mediaType: mediaTypeOf(headers['content-type']),
        retryAfterSeconds: secondsOf(headers['retry-after']),
        body: stream.body((reason) => brokenOff(naming, url, reason)),
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
      // An undici Agent drops connections that it can't reuse, so its `destroy` misses some.
      for (const call of calls) call.abort(cancelled('the client was closed'));
      await dispatcher.destroy();
    },
  };
}

/**
 * Sends a request, and waits for the start of the response. If the server closed the connection after an earlier
 * response, the request is sent again over a new one.
 */
async function sendAgain(
  connections: Connections,
  url: string,
  sending: Sending,
  caller: AbortSignal,
): Promise<ResponseStream> {
  const began = performance.now();
  const first = sendOnce(connections, url, sending, caller);
  try {
    await first.head;
    return first;
  } catch (error) {
    const isUnread = isOfUsedConnection(error) && performance.now() - began < UNREAD_MS;
    return isUnread ? sendOnce(connections, url, sending, caller) : first;
  }
}

function sendOnce(
  { dispatcher, calls }: Connections,
  url: string,
  { method, headers, body }: Sending,
  caller: AbortSignal,
): ResponseStream {
  if (caller.aborted) throw cancelled(caller.reason);
  const abort = (): void => stream.abort(cancelled(caller.reason));
  const stream = new ResponseStream(() => {
    calls.delete(stream);
    caller.removeEventListener('abort', abort);
  });
  calls.add(stream);
  caller.addEventListener('abort', abort, { once: true });
  const { origin, pathname, search } = new URL(url);
  const sent = typeof body === 'object' ? Readable.from(body) : (body ?? null);
  dispatcher.dispatch(
    { origin, path: `${pathname}${search}`, method, headers, body: sent },
    stream,
  );
  return stream;
}

/** Splits a large body, so that no single write or encoding step takes long. */
async function writeBody(
  body: unknown,
  signal: AbortSignal,
): Promise<{ readonly headers: HttpHeaders; readonly body: string | readonly Buffer[] }> {
  if (isSmall(body)) return { headers: {}, body: JSON.stringify(body) };
  const pieces: Buffer[] = [];
  const writing = writeJson(body, (piece) => pieces.push(Buffer.from(piece)));
  try {
    await inSlices(writing, signal);
  } catch (error) {
    throw signal.aborted ? cancelled(signal.reason) : error;
  }
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return { headers: { 'content-length': String(length) }, body: pieces };
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

/** Failure of a request without a response. */
export function unreachable(
  { name, hint }: ServerNaming,
  url: string,
  error: unknown,
): RuntimeFailure {
  return new RuntimeFailure(
    'backend-unavailable',
    `${name} does not answer at ${shownUrl(url)} (${oneLine(messageOf(error))}); ${hint}`,
    { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
}

/** URL for failures: without a password, and without a query, which may contain a key. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

function mediaTypeOf(header: string | string[] | undefined): string {
  const [mediaType = ''] = String(header ?? '').split(';');
  return mediaType.trim().toLowerCase();
}

/** Longest delay that is respected; a server that requests more is tried again after this. */
const MOST_RETRY_AFTER_SECONDS = 3600;

function secondsOf(header: string | string[] | undefined): number | undefined {
  const text = String(header ?? '').trim();
  // Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return seconds >= 0 ? Math.min(seconds, MOST_RETRY_AFTER_SECONDS) : undefined;
}

/** Converts an interrupted body to a failure; a RuntimeFailure is returned unchanged. */
function brokenOff({ name }: ServerNaming, url: string, reason: unknown): RuntimeFailure {
  if (reason instanceof RuntimeFailure) return reason;
  return new RuntimeFailure(
    'backend-failed',
    `the connection to ${name} at ${shownUrl(url)} broke off`,
    { cause: reason },
  );
}
