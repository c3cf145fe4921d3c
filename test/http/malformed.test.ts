import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpServer } from '../../src/http/server.ts';
import { createWires } from '../../src/wires/index.ts';

const server = createHttpServer(
  (_request, response) => {
    response.write('begun ');
    setTimeout(() => response.end('ended'), 50);
  },
  createWires({ thinkingKey: new Uint8Array(32) }),
);
beforeAll(async () => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void server.close());

/** Everything that the server sends back to these bytes. */
async function answerTo(...bytes: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  let answer = '';
  socket.on('data', (part: Buffer) => (answer += part.toString()));
  for (const part of bytes) {
    socket.write(part);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await closed;
  return answer;
}

function bodyOf(answer: string): unknown {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
}

describe('a request that is not valid HTTP', () => {
  it.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400, 'invalid_request_error', /not valid HTTP/],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01', 400, 'invalid_request_error', /begins with http:/],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`,
      431,
      'invalid_request_error',
      /more than 16 KB/,
    ],
  ])('is answered in the error envelope: %s', async (_case, bytes, status, type, words) => {
    const answer = await answerTo(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(bodyOf(answer)).toEqual({
      type: 'error',
      error: { type, message: expect.stringMatching(words) },
      request_id: expect.stringMatching(/^req_/),
    });
  });

  it('ends the connection without an answer in the middle of another one', async () => {
    const answer = await answerTo('GET / HTTP/1.1\r\nhost: a\r\n\r\n', 'GARBAGE\r\n\r\n');
    expect(answer).toMatch(/begun/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('ends the connection even if the client leaves it open', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [own] = (await once(server, 'connection')) as [Socket];
    const ended = once(own, 'close');
    socket.write('GARBAGE\r\n\r\n');
    await once(socket, 'data');
    await ended;
    expect(socket.writable).toBe(true);
    socket.destroy();
  });
});
