import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await serveScript({
    async *script() {
      yield { type: 'text-delta', text: 'no request gets here' };
    },
  });
});
afterEach(() => server.close());

const CHUNK = Buffer.from(`10000\r\n${' '.repeat(0x10000)}\r\n`);

/** Sends a body without end. Returns the megabytes that were taken, and what was answered. */
function sendEndlessly(path: string, headers = ''): Promise<{ megabytes: number; answer: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve) => {
    let [chunks, answer] = [0, ''];
    const socket = connect(Number(port), hostname);
    const send = (): void => {
      while (socket.writable) {
        chunks += 1;
        if (!socket.write(CHUNK)) return;
      }
    };
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('drain', send).on('error', () => undefined);
    socket.once('close', () => resolve({ megabytes: (chunks * CHUNK.length) / 1e6, answer }));
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: ${hostname}\r\ntransfer-encoding: chunked\r\n${headers}\r\n`,
    );
    send();
  });
}

describe('a body that never ends', () => {
  covers('R12.1-unread');

  it.each([
    ['/v1/messages', '413'],
    ['/v1/messages/count_tokens', '413'],
    ['/health', '405'],
    ['/v1/nothing', '404'],
  ])('for %s is answered by %s, and its connection closed', async (path, status) => {
    const { megabytes, answer } = await sendEndlessly(path);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(megabytes).toBeLessThan(120);
  });
});

it('an unknown expectation does not lead past guards and limits', async () => {
  const { megabytes, answer } = await sendEndlessly('/v1/messages', 'expect: 200-ok\r\n');
  expect(answer).toMatch(/^HTTP\/1.1 413 /);
  expect(megabytes).toBeLessThan(120);
}, 20_000);

describe('a body that is too large', () => {
  covers('R12.1-unread');

  const send = (bytes: number) =>
    fetch(`${server.url}/v1/messages`, { method: 'POST', body: new Uint8Array(bytes) });

  it('announces that the connection closes', async () => {
    const response = await send(34 * 1024 * 1024);
    expect(response.status).toBe(413);
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.json()).toMatchObject({ error: { type: 'request_too_large' } });
  });

  it('is answered each time, however many follow', async () => {
    for (const megabytes of [33, 40, 64, 40, 33]) {
      expect((await send(megabytes * 1024 * 1024)).status).toBe(413);
    }
  });
});
