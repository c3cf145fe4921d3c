import type { Readable } from 'node:stream';
import { EnvHttpProxyAgent, Pool, request } from 'undici';
import type { buildConnector } from 'undici';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { createConnector, endingWhenRead } from '../net/connector.ts';

/** Token and the only origin that receives it. */
export interface Access {
  /** Such as `https://huggingface.co`. */
  readonly origin: string;
  readonly token: string;
}

/** Response after all redirects, with its body unread. */
export interface Reply {
  readonly status: number;
  readonly url: string;
  readonly body: Readable;
  /** SHA-256 of the complete file in hex, if a response of the redirect chain names it. */
  readonly sha256: string | undefined;
  readonly header: (name: string) => string | undefined;
}

export interface GetOptions {
  readonly access: Access | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Error of a connection that failed or was interrupted; a retry may succeed. */
export class ConnectionBroken extends Error {
  override readonly name = 'ConnectionBroken';
}

const MOST_REDIRECTS = 10;

/** Silence after which a connection counts as lost. */
const SILENCE_MS = 60_000;

const CONNECT_MS = 15_000;

/** Creates the connections to one server. `connect` is the proxy agent's if there is a proxy. */
function poolOf(origin: string | URL, options: object): Pool {
  const tunnel: unknown = Reflect.get(options, 'connect');
  const connect = isConnector(tunnel)
    ? endingWhenRead(tunnel)
    : createConnector({ timeout: CONNECT_MS });
  return new Pool(origin, { ...options, connect });
}

function isConnector(value: unknown): value is buildConnector.connector {
  return typeof value === 'function';
}

let agent: EnvHttpProxyAgent | undefined;

/** Shared agent, which uses the proxy of HTTPS_PROXY and similar variables. */
function dispatcher(): EnvHttpProxyAgent {
  agent ??= new EnvHttpProxyAgent({
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    factory: poolOf,
    // Files come from different hosts, and idle connections would delay the end of the process.
    keepAliveTimeout: 1000,
  });
  return agent;
}

/**
 * Sends a GET and follows its redirects. The token is sent to its own origin only.
 *
 * @throws ConnectionBroken; {cancelled} on abort; {backend-failed} for an invalid redirect
 */
export async function get(from: string, options: GetOptions): Promise<Reply> {
  let url = from;
  let sha256: string | undefined;
  for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
    const answer = await ask(url, options);
    const header = (name: string): string | undefined => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value[0] : value;
    };
    sha256 ??= sha256Of(header('x-linked-etag'));
    const location = header('location');
    if (![301, 302, 303, 307, 308].includes(answer.statusCode) || location === undefined) {
      return { status: answer.statusCode, url, body: answer.body, sha256, header };
    }
    await answer.body.dump();
    url = nextUrl(url, location, 'redirects to');
  }
  throw new RuntimeFailure('backend-failed', `${from} redirects more than ${MOST_REDIRECTS} times`);
}

async function ask(url: string, { access, headers, signal }: GetOptions) {
  const shown = access !== undefined && new URL(url).origin === access.origin;
  try {
    return await request(url, {
      dispatcher: dispatcher(),
      headers: {
        'user-agent': 'portico',
        // A range counts bytes of the file, not of a compressed form.
        'accept-encoding': 'identity',
        ...headers,
        ...(shown && { authorization: `Bearer ${access.token}` }),
      },
      signal,
    });
  } catch (error) {
    throw signal.aborted ? downloadCancelled() : broken(url, error);
  }
}

/** Converts the error of a failed body read. */
export function broken(url: string, error: unknown): ConnectionBroken {
  return new ConnectionBroken(`${new URL(url).host}: ${messageOf(error) || 'no connection'}`, {
    cause: error,
  });
}

export function downloadCancelled(): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'The download was cancelled.');
}

/**
 * URL to which a response leads, without its fragment.
 *
 * @param how such as `redirects to`, for the failure
 * @throws {backend-failed} for no http(s) address, and for an unencrypted one from an encrypted one
 */
export function nextUrl(from: string, location: string, how: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  const weaker = from.startsWith('https:') && to?.protocol !== 'https:';
  if (to === undefined || weaker || !/^https?:$/.test(to.protocol)) {
    throw new RuntimeFailure(
      'backend-failed',
      `${from} ${how} '${location}', which is ${weaker ? 'not encrypted' : 'no address'}`,
    );
  }
  // Otherwise the same address could be asked for endlessly.
  to.hash = '';
  return to.href;
}

/** SHA-256 from an ETag of Hugging Face. Files outside of large-file storage have a git hash there. */
function sha256Of(etag: string | undefined): string | undefined {
  return /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(etag ?? '')?.[1];
}
