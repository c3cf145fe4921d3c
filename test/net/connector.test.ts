import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createConnector } from '../../src/net/connector.ts';

const BODY = 'a'.repeat(64 * 1024);

const LENGTH = `content-length: ${BODY.length}\r\n`;
const CHUNKED = `transfer-encoding: chunked\r\n`;
const CHUNK = `${BODY.length.toString(16)}\r\n${BODY}\r\n`;

/** A server that sends bytes and closes the connection at once, as simple ones do. */
async function serveBytes(bytes: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('an answer of a server that closes its connection', () => {
  const agent = (): Agent => {
    const dispatcher = new Agent({ connect: createConnector({ timeout: 5000 }) });
    onTestFinished(() => dispatcher.close());
    return dispatcher;
  };

  it.each([
    ['has a length', `HTTP/1.1 200 OK\r\nconnection: close\r\n${LENGTH}\r\n${BODY}`],
    ['has a length and is of HTTP/1.0', `HTTP/1.0 200 OK\r\n${LENGTH}\r\n${BODY}`],
    ['ends with the connection', `HTTP/1.0 200 OK\r\n\r\n${BODY}`],
    ['is in chunks', `HTTP/1.1 200 OK\r\nconnection: close\r\n${CHUNKED}\r\n${CHUNK}0\r\n\r\n`],
  ])('that %s is read to its end, however late', async (_name, bytes) => {
    const url = await serveBytes(bytes);
    const { body } = await request(url, { dispatcher: agent() });
    // Nothing reads it yet, so undici pauses, and then the connection ends.
    await wait(100);
    expect((await body.text()) === BODY).toBe(true);
  });

  it.each([
    ['a length', `HTTP/1.1 200 OK\r\nconnection: close\r\n${LENGTH}\r\n${BODY.slice(1)}`],
    ['chunks', `HTTP/1.1 200 OK\r\nconnection: close\r\n${CHUNKED}\r\n${CHUNK}`],
  ])('that has %s and is cut off is an error', async (_name, bytes) => {
    const { body } = await request(await serveBytes(bytes), { dispatcher: agent() });
    await wait(100);
    await expect(body.text()).rejects.toThrow();
  });

  it('that is not there is an error', async () => {
    const refused = request('http://127.0.0.1:9/', { dispatcher: agent() });
    await expect(refused).rejects.toThrow('ECONNREFUSED');
  });

  it('leaves the next request a new connection', async () => {
    const dispatcher = agent();
    const url = await serveBytes(`HTTP/1.1 200 OK\r\n${LENGTH}\r\n${BODY}`);
    for (let count = 0; count < 3; count += 1) {
      const { body } = await request(url, { dispatcher });
      expect((await body.text()).length).toBe(BODY.length);
      await wait(20);
    }
  });
});
