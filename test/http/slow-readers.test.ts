import { once, setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { EventStream } from '../../src/http/event-stream.ts';

const CLIENTS = 60;
const TEXT = 'x'.repeat(1024);
const ANSWER = { contentType: 'text/event-stream', ping: '', keepAlive: () => '' };

/** Counts calls in each turn of the event loop, from one check phase to the next. */
function turnCounter() {
  let most = 0;
  let inTurn = 0;
  return {
    count(): void {
      if (inTurn === 0) setImmediate(() => (inTurn = 0));
      most = Math.max(most, ++inTurn);
    },
    reset: () => void (most = 0),
    most: () => most,
  };
}

it('clients that read on together do not fill one turn of the event loop', async () => {
  const turns = turnCounter();
  const gone = new AbortController();
  setMaxListeners(0, gone.signal);
  let writes = 0;
  const server = createServer((_request, response) => {
    const stream = new EventStream(response, ANSWER, gone.signal);
    const send = async (): Promise<void> => {
      for (;;) {
        turns.count();
        writes += 1;
        await stream.write(TEXT);
      }
    };
    send().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: CLIENTS }, () => {
    const client = connect(port, '127.0.0.1').pause();
    client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return client.on('error', () => undefined);
  });
  onTestFinished(() => {
    gone.abort();
    for (const client of clients) client.destroy();
    server.close();
  });
  // All are blocked as soon as nothing is written any more.
  let before = -1;
  await expect
    .poll(() => writes === before || ((before = writes), false), { timeout: 10_000 })
    .toBe(true);
  turns.reset();
  for (const client of clients) client.resume();
  await expect.poll(() => writes).toBeGreaterThan(before + 20 * CLIENTS);
  expect(turns.most()).toBeLessThan(CLIENTS * 4);
});
