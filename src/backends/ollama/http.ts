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
  // Not one signal for all calls: Node 20 never forgets the signals that AbortSignal.any ties to it.
  const calls = new Set<AbortController>();
  return {
    async post(url, body, caller) {
      const call = new AbortController();
      const end = (): boolean => calls.delete(call);
      calls.add(call);
      const signal = AbortSignal.any([caller, call.signal]);
      signal.addEventListener('abort', end, { once: true });
      try {
        const answer = await request(url, {
          dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          reset: true,
          signal,
        });
        return {
          status: answer.statusCode,
          mediaType: mediaTypeOf(answer.headers['content-type']),
          body: named(answer.body, url, signal, end),
        };
      } catch (error) {
        end();
        throw signal.aborted ? cancelled(signal) : unreachable(url, error);
      }
    },
    async close() {
      // An undici Agent forgets connections that it does not reuse, so its destroy misses some.
      for (const call of calls) call.abort();
      await dispatcher.destroy();
    },
  };
}

function mediaTypeOf(header: string | string[] | undefined): string {
  const [mediaType = ''] = String(header ?? '').split(';');
  return mediaType.trim().toLowerCase();
}

/** The same bytes, with failures that say what broke off. */
async function* named(
  body: AsyncIterable<Uint8Array>,
  url: string,
  signal: AbortSignal,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    if (signal.aborted) throw cancelled(signal);
    throw new RuntimeFailure('backend-failed', `the connection to Ollama at ${url} broke off`, {
      cause: error,
    });
  } finally {
    end();
  }
}

function cancelled(signal: AbortSignal): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'the request was cancelled', { cause: signal.reason });
}
