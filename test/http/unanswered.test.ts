import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { useBody } from '../../src/http/body.ts';
import { UnansweredBodies } from '../../src/http/unanswered.ts';

const KB = 1024;

let server: Server;
/** Responses of the bodies that were decoded, in this order. */
let decoded: ServerResponse[];
let received: IncomingMessage[];

async function serve(waitMs?: number): Promise<void> {
  const unanswered = new UnansweredBodies({
    bytes: 100 * KB,
    ...(waitMs !== undefined && { waitMs }),
  });
  const closing = new AbortController().signal;
  server = createServer((incoming, response) => {
    received.push(incoming);
    useBody(incoming, response, async () => void decoded.push(response), {
      closing,
      unanswered,
    }).catch((error: unknown) => response.end(String(error)));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
}

function send(bytes: number): ClientRequest {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, host: '127.0.0.1', method: 'POST' });
  sent.on('error', () => undefined).end('x'.repeat(bytes));
  return sent;
}

const answerOf = async (sent: ClientRequest): Promise<string> => {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return text(response);
};

/** Waits until all bodies that were sent have arrived. */
const arrived = (count: number) =>
  expect.poll(() => received.filter(({ complete }) => complete)).toHaveLength(count);

beforeEach(() => {
  decoded = [];
  received = [];
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it('a body is decoded once others are answered, if they take the memory', async () => {
  await serve();
  send(60 * KB);
  await expect.poll(() => decoded).toHaveLength(1);
  send(60 * KB);
  await arrived(2);
  send(10 * KB);
  // Tiny bodies do not wait.
  await expect.poll(() => decoded).toHaveLength(2);
  decoded[0]?.end();
  await expect.poll(() => decoded).toHaveLength(3);
});

it('a client that leaves while its body waits takes no memory', async () => {
  await serve();
  send(60 * KB);
  await expect.poll(() => decoded).toHaveLength(1);
  const gone = send(90 * KB);
  await arrived(2);
  gone.destroy();
  send(60 * KB);
  await arrived(3);
  decoded[0]?.end();
  await expect.poll(() => decoded).toHaveLength(2);
});

it('a body that waits too long is refused', async () => {
  await serve(50);
  send(60 * KB);
  await expect.poll(() => decoded).toHaveLength(1);
  expect(await answerOf(send(60 * KB))).toContain('answers too many other requests');
});
