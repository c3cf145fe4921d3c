import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serveProxy } from '../support/proxy.ts';

const BODY = 'a'.repeat(64 * 1024);

/** A server that closes its connection at once after its answer, as simple ones do. */
async function serveOnce(): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${BODY}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

it('a download through a proxy is read to its end, however late', async () => {
  const proxy = await serveProxy();
  vi.stubEnv('http_proxy', proxy.url);
  vi.stubEnv('no_proxy', '');
  // Its agent reads them once.
  vi.resetModules();
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  const { get } = await import('../../src/download/request.ts');
  const url = await serveOnce();
  const { body } = await get(url, { access: undefined, signal: AbortSignal.timeout(10_000) });
  // Nothing reads it yet, so undici pauses, and then the connection ends.
  await wait(100);
  expect((await text(body)) === BODY).toBe(true);
  expect(proxy.asked).toEqual([new URL(url).host]);
});
