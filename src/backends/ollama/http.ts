import { Agent, request } from 'undici';
import { RuntimeFailure } from '../../core/errors.ts';
import { unreachable } from './failures.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** An upstream's answer, its body not read yet. */
export interface HttpAnswer {
  readonly status: number;
  /** Without its parameters, in lower case; empty where there is none. */
  readonly mediaType: string;
  readonly body: AsyncIterable<Uint8Array>;
}

export interface HttpClient {
  /**
   * Sends JSON. Aborting the signal closes the connection at once, before the headers too.
   *
   * @throws RuntimeFailure `backend-unavailable` without an answer, `cancelled` on abort; reading
   * the body throws `backend-failed` where it breaks off
   */
  post(url: string, body: unknown, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends all calls, which then throw `cancelled`. */
  close(): Promise<void>;
}

/**
 * A client for model servers: they may think for an hour before the first byte, so neither headers
 * nor body have a time limit, and each call has a connection of its own, which its abort closes.
 */
export function createHttpClient(): HttpClient {
  const dispatcher = new Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: CONNECT_TIMEOUT_MS },
  });
  const closing = new AbortController();
  return {
    async post(url, body, caller) {
      const signal = AbortSignal.any([caller, closing.signal]);
      try {
        const answer = await request(url, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          reset: true,
          signal,
        });
        const [mediaType = ''] = String(answer.headers['content-type'] ?? '').split(';');
        return {
          status: answer.statusCode,
          mediaType: mediaType.trim().toLowerCase(),
          body: named(answer.body, url, signal),
        };
      } catch (error) {
        throw signal.aborted ? cancelled(signal) : unreachable(url, error);
      }
    },
    async close() {
      // An undici Agent forgets connections that it does not reuse, so its destroy misses some.
      closing.abort();
      await dispatcher.destroy();
    },
  };
}

/** The same bytes, with failures that say what broke off. */
async function* named(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    throw new RuntimeFailure('backend-failed', `the connection to Ollama at ${url} broke off`, {
      cause: error,
    });
  }
}

function cancelled(signal: AbortSignal): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'the request was cancelled', { cause: signal.reason });
}
