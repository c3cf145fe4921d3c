import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Exchange, Fixture } from './fixtures.ts';

export interface LocalServer {
  readonly url: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Serves on a loopback port: one that the system picks, unless it is given. */
export async function serve(listener: RequestListener, port = 0): Promise<LocalServer> {
  const server = createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export interface ReplayOptions {
  /** Cuts what was recorded into pieces of so many bytes, through lines and characters. */
  readonly pieceBytes?: number;
  /** Keeps the recorded pauses, cut at 50 ms, times this factor; 0 leaves them out. */
  readonly pace?: number;
}

/** Plays recorded answers on a real port: to exactly the requests that they were recorded for. */
export async function startReplay(
  fixture: Fixture,
  options: ReplayOptions = {},
  port = 0,
): Promise<LocalServer> {
  return serve((request, response) => {
    void answer(request, response, fixture, options);
  }, port);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  fixture: Fixture,
  options: ReplayOptions,
): Promise<void> {
  const asked = {
    method: request.method ?? '',
    path: request.url ?? '',
    ...(await jsonOf(request)),
  };
  const exchange = fixture.exchanges.find((known) =>
    isDeepStrictEqual({ ...('body' in asked && { body: asked.body }), ...known.request }, asked),
  );
  if (exchange === undefined) {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: `not recorded: ${JSON.stringify(asked)}` }));
    return;
  }
  await play(exchange, response, options);
}

async function jsonOf(request: IncomingMessage): Promise<{ readonly body?: unknown }> {
  const text = (await readBody(request)).toString('utf8');
  return text === '' ? {} : { body: JSON.parse(text) as unknown };
}

/** A recording of a busy machine has pauses of seconds, which prove no more than short ones. */
const LONGEST_PAUSE_MS = 50;

async function play(
  { response: recorded }: Exchange,
  response: ServerResponse,
  { pieceBytes = Number.POSITIVE_INFINITY, pace = 0 }: ReplayOptions,
): Promise<void> {
  if (recorded.status === 0) return;
  response.writeHead(recorded.status, {
    'content-type': recorded.contentType,
    ...(recorded.retryAfter !== undefined && { 'retry-after': recorded.retryAfter }),
  });
  let waited = 0;
  for (const { afterMs, text } of recorded.chunks) {
    if (pace > 0) await delay(Math.min(afterMs - waited, LONGEST_PAUSE_MS) * pace);
    waited = afterMs;
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      response.write(bytes.subarray(from, from + pieceBytes));
      if (pieceBytes < bytes.length) await nextTurn();
    }
  }
  if (recorded.brokenOff === true) {
    await delay(10);
    response.destroy();
  } else if (recorded.abandoned !== true) response.end();
  else response.flushHeaders();
}
