import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { MINI_FILE } from './engine-variant.ts';

/** The embedded model, as the content of every model that tests pull. */
export const MINI = readFileSync(MINI_FILE);

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Faults and features of a host; without any of these it is a good one. */
export interface Manners {
  /** Ends the connection after so many bytes of a body, as many times as there are numbers. */
  readonly breaks?: readonly number[];
  /** Milliseconds between pieces of 64 KiB. */
  readonly pause?: number;
  readonly ranges?: boolean;
  /** Sends the body in chunks, without its length. */
  readonly chunked?: boolean;
  /** Sends neither length nor chunks: the end of the connection is the end of the body. */
  readonly untilClose?: boolean;
  /** Answers downloads with these statuses first. */
  readonly statuses?: readonly number[];
  /** The hash that is listed, in place of the true one. */
  readonly listedHash?: string;
  /** The size that is listed, in place of the true one. */
  readonly listedBytes?: number;
  /** Without this token all is 401. */
  readonly token?: string;
  /** The CDN's ETags; a function of the file's path. */
  readonly etag?: (path: string) => string | undefined;
}

export interface ModelHost {
  /** Value for HF_ENDPOINT. */
  readonly url: string;
  /** Base URL of the files, the target of the hub's redirect. */
  readonly cdn: string;
  /** Each download that the CDN was asked for. */
  readonly downloads: readonly {
    readonly path: string;
    readonly headers: IncomingMessage['headers'];
  }[];
  /** Changed at any time. */
  manners: Manners;
}

/**
 * Hugging Face in small: the tree API of `user/model`, `resolve` with its redirect to a CDN of another
 * origin, which knows ranges.
 */
export async function serveModels(
  files: Readonly<Record<string, Buffer>>,
  manners: Manners = {},
): Promise<ModelHost> {
  const downloads: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const counts = { breaks: 0, statuses: 0 };
  const cdn = await listen(async (request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1).split('?')[0] ?? '');
    downloads.push({ path: name, headers: request.headers });
    const status = host.manners.statuses?.[counts.statuses++];
    const body = files[name];
    if (status !== undefined || body === undefined) {
      response.writeHead(status ?? 404).end();
      return;
    }
    await send(
      body,
      name,
      request,
      response,
      host.manners,
      () => host.manners.breaks?.[counts.breaks++],
    );
  });
  const url = await listen(async (request, response) => {
    answerAsHub(request, response, files, host);
  });
  const host: ModelHost = { url, cdn, downloads, manners };
  return host;
}

function answerAsHub(
  request: IncomingMessage,
  response: ServerResponse,
  files: Readonly<Record<string, Buffer>>,
  { cdn, manners }: ModelHost,
): void {
  const { pathname } = new URL(request.url ?? '/', 'http://hub');
  if (manners.token !== undefined && request.headers.authorization !== `Bearer ${manners.token}`) {
    response
      .writeHead(401, { 'x-error-code': 'GatedRepo' })
      .end('{"error":"Access is restricted"}');
    return;
  }
  if (pathname === '/api/models/user/model/tree/main') {
    const listed = Object.entries(files).map(([name, bytes]) => ({
      type: 'file',
      oid: 'f'.repeat(40),
      size: manners.listedBytes ?? bytes.length,
      path: name,
      lfs: {
        oid: manners.listedHash ?? sha256(bytes),
        size: manners.listedBytes ?? bytes.length,
        pointerSize: 134,
      },
    }));
    // Pages of two, so that following them is seen.
    const from = Number(new URL(request.url ?? '/', 'http://hub').searchParams.get('cursor') ?? 0);
    const more = from + 2 < listed.length;
    response.writeHead(200, {
      'content-type': 'application/json',
      ...(more && {
        link: `<http://${request.headers.host}${pathname}?cursor=${from + 2}>; rel="next"`,
      }),
    });
    response.end(
      JSON.stringify([{ type: 'directory', path: 'd', size: 0 }, ...listed.slice(from, from + 2)]),
    );
    return;
  }
  const name = /^\/user\/model\/resolve\/main\/(.+)$/.exec(pathname)?.[1];
  const bytes = files[decodeURIComponent(name ?? '')];
  if (name === undefined || bytes === undefined) {
    response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('Entry not found');
    return;
  }
  response
    .writeHead(302, {
      location: `${cdn}/${name}?signature=1`,
      'x-linked-etag': `"${manners.listedHash ?? sha256(bytes)}"`,
      'x-linked-size': bytes.length,
    })
    .end('Found. Redirecting');
}

const PIECE = 65_536;

async function send(
  whole: Buffer,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
  manners: Manners,
  nextBreak: () => number | undefined,
): Promise<void> {
  const etag = manners.etag === undefined ? `"${sha256(whole).slice(0, 16)}"` : manners.etag(name);
  const { range, 'if-range': condition } = request.headers;
  const asked = /^bytes=(\d+)-$/.exec(range ?? '')?.[1];
  const ranged =
    manners.ranges !== false &&
    asked !== undefined &&
    (condition === undefined || condition === etag);
  const start = ranged ? Number(asked) : 0;
  if (ranged && start >= whole.length) {
    response.writeHead(416, { 'content-range': `bytes */${whole.length}` }).end();
    return;
  }
  const body = whole.subarray(start);
  if (manners.untilClose === true) {
    request.socket.end(
      Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n'), body]),
    );
    return;
  }
  response.writeHead(ranged ? 206 : 200, {
    ...(etag !== undefined && { etag }),
    ...(manners.chunked !== true && { 'content-length': body.length }),
    ...(ranged && { 'content-range': `bytes ${start}-${whole.length - 1}/${whole.length}` }),
  });
  const limit = nextBreak() ?? Infinity;
  for (let at = 0; at < body.length && !response.destroyed; at += PIECE) {
    const piece = body.subarray(at, Math.min(at + PIECE, limit));
    if (at + PIECE >= limit) {
      // Most of what was written is to arrive before the end does.
      await new Promise((resolve) => response.write(piece, resolve));
      await wait(50);
      response.destroy();
      return;
    }
    response.write(piece);
    if (manners.pause !== undefined) await wait(manners.pause);
  }
  response.end();
}

/** Starts a server for the test that runs. */
export async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
