import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createHttpServer } from '../../src/http/server.ts';
import { answering } from '../support/scripted-answers.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

let server: ScriptedServer;
let begun = 0;
let answer: () => void;
beforeEach(async () => {
  begun = 0;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  server = await serveScript({
    async *script() {
      begun++;
      await answered;
      yield* answering('Done.');
    },
  });
});
afterEach(() => server.close());

function open(): Socket {
  const { hostname, port } = new URL(server.url);
  return connect(Number(port), hostname).on('error', () => undefined);
}

const GET = 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n';

function postOf(content: string): string {
  const body = JSON.stringify({
    model: 'actor',
    max_tokens: 10,
    messages: [{ role: 'user', content }],
  });
  return `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** Connections in a separate thread, which send at the same time on a signal. */
const CLIENTS = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { port, connections, text } = workerData;
  let open = 0;
  const sockets = Array.from({ length: connections }, () =>
    require('node:net').connect(port, '127.0.0.1', () => {
      if (++open === connections) parentPort.postMessage('connected');
    }).resume(),
  );
  parentPort.once('message', () => sockets.forEach((socket) => socket.write(text)));
`;

/** Counts events, and the most of them in one turn of the event loop. */
function perTurn() {
  let now = 0;
  const counts = {
    all: 0,
    most: 0,
    count: () => {
      if (now === 0) setImmediate(() => (now = 0));
      counts.all += 1;
      counts.most = Math.max(counts.most, ++now);
    },
  };
  return counts;
}

const listings = () => server.logged.filter((line) => line.includes('/v1/models')).length;

describe('requests of one connection that come all at once', () => {
  it('let those of others in between', async () => {
    const COUNT = 10_000;
    const socket = open();
    socket.resume().write(postOf('first') + GET.repeat(COUNT));
    await expect.poll(() => begun).toBe(1);
    expect(listings()).toBe(0);
    answer();
    await expect.poll(() => listings()).toBeGreaterThan(0);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    expect(listings()).toBeLessThan(COUNT / 4);
    socket.destroy();
  });

  it('are read no further while the first one is answered', async () => {
    const taken: IncomingMessage[] = [];
    const silent = createHttpServer(() => undefined).listen(0, '127.0.0.1');
    silent.on('request', (request) => taken.push(request));
    onTestFinished(() => silent.closeAllConnections());
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const sent = GET.repeat(50_000);
    socket.write(sent);
    await expect.poll(() => taken[0]?.socket.isPaused()).toBe(true);
    const read = taken[0]?.socket.bytesRead;
    // The first packet may have many requests.
    expect(read).toBeLessThan(sent.length / 4);
    await expect(once(socket, 'drain', { signal: AbortSignal.timeout(200) })).rejects.toThrow();
    expect(taken[0]?.socket.bytesRead).toBe(read);
    socket.destroy();
  });

  it('of hundreds of connections are taken and answered over many turns of the event loop', async () => {
    const CONNECTIONS = 100;
    const [taken, answered] = [perTurn(), perTurn()];
    const busy = createHttpServer((_request, response) => {
      answered.count();
      response.end();
    }).listen(0, '127.0.0.1');
    busy.on('request', taken.count);
    onTestFinished(() => busy.closeAllConnections());
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const clients = new Worker(CLIENTS, {
      eval: true,
      workerData: { port, connections: CONNECTIONS, text: GET.repeat(100) },
    });
    onTestFinished(async () => void (await clients.terminate()));
    await once(clients, 'message');
    clients.postMessage('send');
    // The packets of all connections are there when this thread goes on.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    await expect.poll(() => answered.all).toBe(CONNECTIONS * 100);
    // The limit, and the packet in which it is reached.
    expect(taken.most).toBeLessThanOrEqual(500 + 100);
    // Each connection may have its first answer in one turn with 50 later ones.
    expect(answered.most).toBeLessThanOrEqual(CONNECTIONS + 50);
  });

  it('are answered in their order, large bodies too', async () => {
    const socket = open();
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    socket.write(`${postOf('first')}${GET}${postOf('x'.repeat(300_000))}${GET}`);
    answer();
    const kinds = () => text.match(/"type":"message"|"data":\[/g);
    const [message, list] = ['"type":"message"', '"data":['];
    await expect.poll(() => kinds()).toEqual([message, list, message, list]);
    expect(begun).toBe(2);
    socket.destroy();
  });

  it('are forgotten if their client leaves', async () => {
    const socket = open();
    socket.write(postOf('first') + postOf('second'));
    await expect.poll(() => begun).toBe(1);
    socket.destroy();
    await expect.poll(() => server.logged.join()).toContain('/v1/messages');
    answer();
    expect((await server.ask()).status).toBe(200);
    expect(begun).toBe(2);
  });
});

describe('a Host header that follows thousands of others', () => {
  it('is seen', async () => {
    const socket = open();
    const headers = 'a:\r\n'.repeat(2100);
    socket.write(`GET /health HTTP/1.1\r\nhost: localhost\r\n${headers}host: evil.example\r\n\r\n`);
    const text = await new Promise((resolve) => socket.setEncoding('latin1').once('data', resolve));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    socket.destroy();
  });
});
