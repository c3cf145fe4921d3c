import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useBody } from '../../src/http/body.ts';
import { largeBodyTurn } from '../../src/http/large-bodies.ts';
import { BodyMemory } from '../../src/http/body-memory.ts';
import type { BodyLimits } from '../../src/http/body-memory.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const MB = 2 ** 20;

afterEach(() => void vi.useRealTimers());

function begin(limits: Partial<BodyLimits> = {}) {
  const memory = new BodyMemory({ largeBytes: 30 * MB, mediumBytes: 3 * MB, ...limits });
  return (expected: number) => {
    const body = new PassThrough();
    const refuse = vi.fn<(error: Error) => void>();
    return { body, refuse, ...memory.share(body, expected, refuse) };
  };
}

describe('memory for all bodies', () => {
  it('has a large body wait until there is room for all of it', () => {
    const next = begin();
    const [first, second] = [next(20 * MB), next(15 * MB)];
    first.add(MB);
    second.add(MB);
    expect([first, second].map(({ body }) => body.isPaused())).toEqual([false, true]);
    first.add(19 * MB);
    expect(first.body.isPaused()).toBe(false);
    first.complete();
    first.decoded();
    expect(second.body.isPaused()).toBe(true);
    first.release();
    expect(second.body.isPaused()).toBe(false);
  });

  it('admits waiting bodies in the order of arrival', () => {
    const next = begin();
    const [first, second, third] = [next(20 * MB), next(20 * MB), next(5 * MB)];
    for (const body of [first, second, third]) body.add(MB);
    expect(third.body.isPaused()).toBe(true);
    first.release();
    expect([second, third].map(({ body }) => body.isPaused())).toEqual([false, false]);
  });

  it('keeps the memory of medium bodies apart, and takes it back once they are decoded', () => {
    const next = begin();
    next(30 * MB).add(10 * MB);
    const [medium, other] = [next(2 * MB), next(2 * MB)];
    medium.add(MB);
    expect(medium.body.isPaused()).toBe(false);
    other.add(MB);
    expect(other.body.isPaused()).toBe(true);
    medium.decoded();
    expect(other.body.isPaused()).toBe(false);
  });

  it('never delays a small body, nor a body after a small one', () => {
    const next = begin();
    const idle = next(100);
    idle.add(1);
    const large = next(30 * MB);
    large.add(MB);
    const small = next(30 * MB);
    small.add(1000);
    expect([idle, large, small].some(({ body }) => body.isPaused())).toBe(false);
  });

  it('refuses a body that stalls while others wait', () => {
    vi.useFakeTimers();
    const next = begin();
    const [slow, waiting] = [next(20 * MB), next(20 * MB)];
    slow.add(8 * MB);
    vi.advanceTimersByTime(100_000);
    expect(slow.refuse).not.toHaveBeenCalled();
    waiting.add(3 * MB);
    vi.advanceTimersByTime(40_000);
    expect(slow.refuse).toHaveBeenCalledOnce();
    expect(slow.refuse.mock.calls[0]?.[0].message).toMatch(
      /^The body stalled while other requests waited .* arrived in 30 s\. Send/,
    );
    expect(waiting.body.isPaused()).toBe(false);
    expect(waiting.refuse).not.toHaveBeenCalled();
  });

  it('refuses a body that waits too long for answers to end', () => {
    vi.useFakeTimers();
    const next = begin();
    const [answered, waiting] = [next(20 * MB), next(20 * MB)];
    answered.add(20 * MB);
    answered.decoded();
    waiting.add(MB);
    vi.advanceTimersByTime(50_000);
    expect(waiting.refuse).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20_000);
    expect(waiting.refuse).toHaveBeenCalledOnce();
    expect(waiting.refuse.mock.calls[0]?.[0]).toMatchObject({ code: 'overloaded' });
  });

  it('lets a slow body finish that grows', () => {
    vi.useFakeTimers();
    const next = begin();
    const [slow, waiting] = [next(20 * MB), next(20 * MB)];
    slow.add(MB);
    waiting.add(MB);
    for (let seconds = 0; seconds < 50; seconds += 10) {
      vi.advanceTimersByTime(10_000);
      slow.add(MB);
    }
    expect(slow.refuse).not.toHaveBeenCalled();
  });
});

describe('the body of a request', () => {
  const requests: IncomingMessage[] = [];
  let listener: Server;
  let use: (text: string) => Promise<void>;
  let closing: AbortController;
  beforeEach(async () => {
    requests.length = 0;
    use = async () => undefined;
    closing = new AbortController();
    const memory = new BodyMemory({ largeBytes: 8 * MB });
    listener = createServer((request, response) => {
      requests.push(request);
      useBody(request, response, async (text) => use(text), {
        closing: closing.signal,
        memory,
      }).then(
        () => response.end('used'),
        () => response.end('refused'),
      );
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
  });
  afterEach(() => {
    listener.closeAllConnections();
    listener.close();
  });

  /** Sends the head of a request and a part of its body. */
  function send(length: number, part: number, headers = ''): Socket {
    const { port } = listener.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket
      .resume()
      .write(`POST / HTTP/1.1\r\nhost: localhost\r\n${headers}content-length: ${length}\r\n\r\n`);
    socket.write('x'.repeat(part));
    return socket;
  }

  it('is read no further while others take the memory, and then to its end', async () => {
    const first = send(5 * MB, 4 * MB);
    await expect.poll(() => requests).toHaveLength(1);
    const used = new Promise<string>((resolve) => {
      use = async (text) => resolve(text);
    });
    send(6 * MB, 6 * MB);
    await expect.poll(() => requests[1]?.isPaused()).toBe(true);
    first.destroy();
    expect(await used).toHaveLength(6 * MB);
  });

  it('is refused if the server closes before it is complete', async () => {
    const coming = send(5 * MB, 4 * MB);
    await expect.poll(() => requests).toHaveLength(1);
    const waiting = send(6 * MB, 6 * MB);
    await expect.poll(() => requests[1]?.isPaused()).toBe(true);
    const answers = [coming, waiting].map((socket) => once(socket, 'data'));
    closing.abort();
    for (const answer of answers) expect(String(await answer)).toContain('refused');
  });

  it('is discarded if it can not be decompressed, so that the client reads the answer', async () => {
    const socket = send(8 * MB, 0, 'content-encoding: gzip\r\n');
    socket.write('x'.repeat(8 * MB));
    await expect.poll(() => requests[0]?.complete).toBe(true);
    socket.destroy();
  });

  it('is not used if its client leaves before its turn', async () => {
    const used = vi.fn<(text: string) => void>();
    use = async (text) => used(text);
    const leave = await largeBodyTurn();
    const gone = send(3 * MB, 3 * MB);
    await expect.poll(() => requests[0]?.complete).toBe(true);
    gone.destroy();
    await expect.poll(() => requests[0]?.socket.destroyed).toBe(true);
    leave();
    const there = send(3 * MB, 3 * MB);
    await once(there, 'data');
    expect(used).toHaveBeenCalledOnce();
    there.destroy();
  });
});

describe('large bodies that come at once', () => {
  let server: ScriptedServer;
  afterEach(() => server.close());

  it('are all answered', async () => {
    server = await serveScript({
      // eslint-disable-next-line require-yield
      async *script() {
        throw new Error('no body here is to be answered');
      },
    });
    const body = `{"model":"${'m'.repeat(15 * MB)}"`;
    const send = async () =>
      (await fetch(`${server.url}/v1/messages`, { method: 'POST', body })).status;
    const statuses = await Promise.all(Array.from({ length: 5 }, send));
    expect(new Set(statuses)).toEqual(new Set([400]));
  });
});
