import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { createConnector } from '../../net/connector.ts';
import type { CheckedTarget } from '../../net/public-fetch.ts';

/** Limit of bytes of an answer, or of one message of a stream. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Fetch that reaches one server only. */
export interface PinnedFetch {
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/**
 * Creates a fetch whose requests go to the checked addresses of one origin: neither a redirect nor a second
 * resolution can lead elsewhere.
 *
 * @param timeoutMs limit for the connection, and for the headers of an answer
 */
export function createPinnedFetch(
  { target, lookup }: CheckedTarget,
  timeoutMs: number,
): PinnedFetch {
  const dispatcher = new Agent({ connect: createConnector({ lookup, timeout: timeoutMs }) });
  return {
    async fetch(url, { method = 'GET', headers, body, signal } = {}) {
      const to = new URL(url);
      if (to.origin !== target.origin) throw new Error(`it leads to another server, ${to.origin}`);
      if (body !== undefined && body !== null && typeof body !== 'string') {
        throw new TypeError('only texts are sent to MCP servers');
      }
      const answer = await request(to, {
        dispatcher,
        method: method === 'POST' || method === 'DELETE' ? method : 'GET',
        headers: Object.fromEntries(new Headers(headers)),
        body: body ?? null,
        signal: signal ?? null,
        headersTimeout: timeoutMs,
        bodyTimeout: 0,
      });
      return toResponse(answer);
    },
    close: () => dispatcher.destroy(),
  };
}

const WITHOUT_BODY: readonly number[] = [101, 204, 205, 304];

function toResponse({
  statusCode: status,
  headers: given,
  body,
}: Dispatcher.ResponseData): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined) headers.append(name, one);
    }
  }
  if (WITHOUT_BODY.includes(status)) {
    body.on('error', () => undefined).destroy();
    return new Response(null, { status, headers });
  }
  const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
  return new Response(ReadableStream.from(limited(body, isStream)), { status, headers });
}

/** Passes on a body, and fails if it is too large; in a stream of events, each event has the limit. */
async function* limited(body: AsyncIterable<Uint8Array>, isStream: boolean) {
  let bytes = 0;
  for await (const piece of body) {
    const end = isStream ? Buffer.from(piece).lastIndexOf('\n') : -1;
    bytes = end === -1 ? bytes + piece.length : piece.length - end;
    if (bytes > MAX_BYTES) throw new Error(`its answer is larger than ${MAX_BYTES} bytes`);
    yield piece;
  }
}
