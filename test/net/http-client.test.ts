import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../../src/net/http-client.ts';
import { readText } from '../../src/net/read-text.ts';
import { covers } from '../support/covers.ts';

/** A server that notes its connections, and a client of it. */
async function connect(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections: Promise<unknown>[] = [];
  server.on('connection', (socket) => {
    // One that is closed in mid-answer is reset.
    connections.push(once(socket, 'close').catch(() => undefined));
  });
  const http = createHttpClient({ name: 'The server', hint: 'start it' });
  onTestFinished(async () => {
    await http.close();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const post = async (
    signal = new AbortController().signal,
    silenceMs = 10_000,
  ): Promise<string> => {
    const { body } = await http.post(`http://127.0.0.1:${port}/`, {}, signal);
    return readText(body, 1000, silenceMs);
  };
  /** Reads no more than the first bytes. */
  const glance = async (signal = new AbortController().signal): Promise<string> => {
    for await (const bytes of (await http.post(`http://127.0.0.1:${port}/`, {}, signal)).body) {
      return Buffer.from(bytes).toString();
    }
    return '';
  };
  return { post, glance, connections, server, port };
}

describe('connections to model servers', () => {
  covers('R4.8-connections');

  it('are shared by calls one after the other', async () => {
    const { post, connections } = await connect((_request, response) => response.end('yes'));
    for (let call = 0; call < 5; call += 1) expect(await post()).toBe('yes');
    // The second call may come before undici has noticed that the first one's is free.
    expect(connections.length).toBeLessThan(3);
  });

  it('are not waited for', async () => {
    const waiting: (() => void)[] = [];
    const { post, connections } = await connect((_request, response) => {
      waiting.push(() => response.end('yes'));
      if (waiting.length === 3) for (const go of waiting) go();
    });
    expect(await Promise.all([post(), post(), post()])).toEqual(['yes', 'yes', 'yes']);
    expect(connections).toHaveLength(3);
  });

  it('are left if a server stops within an answer', async () => {
    const { post, connections } = await connect((_request, response) => response.write('{"half":'));
    expect(await post(undefined, 100)).toBe('{"half":');
    await Promise.all(connections);
  });

  it('are not left while a server sends white space or nothing', async () => {
    const { post } = await connect((_request, response) => {
      response.write(' \n');
      setTimeout(() => response.end('yes'), 300);
    });
    expect(await post(undefined, 100)).toBe(' \nyes');
  });

  it('are closed by an abort at once, before the headers too', async () => {
    const controller = new AbortController();
    const { post, connections } = await connect(() => controller.abort());
    await expect(post(controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(connections.length).toBeGreaterThan(0);
    await connections[0];
  });

  it('are used again where a reader leaves an answer that then ends', async () => {
    const { glance, connections } = await connect((_request, response) => {
      response.write('yes');
      setTimeout(() => response.end(), 5);
    });
    for (let call = 0; call < 3; call += 1) {
      expect(await glance()).toBe('yes');
      await wait(40);
    }
    expect(connections.length).toBeLessThan(3);
  });

  it('are closed where a reader leaves an answer that goes on', async () => {
    const { glance, connections } = await connect((_request, response) => response.write('yes'));
    expect(await glance()).toBe('yes');
    await connections[0];
  });

  it('are closed at once by an abort after such a reader', async () => {
    const controller = new AbortController();
    const { glance, connections } = await connect((_request, response) => response.write('yes'));
    expect(await glance(controller.signal)).toBe('yes');
    controller.abort();
    await connections[0];
  });

  it('are read no faster than their reader reads', async () => {
    let sent = 0;
    const { post } = await connect((_request, response) => {
      const send = (): void => {
        while (sent < 100 && response.write('x'.repeat(1 << 20))) sent += 1;
        sent += 1;
        if (sent < 100) response.once('drain', send);
      };
      send();
    });
    await expect(post()).rejects.toMatchObject({ code: 'backend-failed' });
    expect(sent).toBeLessThan(100);
  });

  it('are made anew after a restart of the server', async () => {
    const { post, connections, server, port } = await connect((_request, response) =>
      response.end('yes'),
    );
    await post();
    server.close();
    await Promise.all(connections);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    expect(await post()).toBe('yes');
    expect(connections).toHaveLength(2);
  });

  // llama-server does this after each streamed answer, in spite of its `keep-alive` header.
  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'are made anew where the server closes one instead of serving a second request (by %s)',
    async (close) => {
      const served = new WeakSet<object>();
      const { post, connections } = await connect(({ socket }, response) => {
        if (served.has(socket)) socket[close]();
        else response.end('yes');
        served.add(socket);
      });
      for (let call = 0; call < 4; call += 1) {
        expect(await post()).toBe('yes');
        // The connection is free for the next call.
        await wait(5);
      }
      expect(connections).toHaveLength(4);
    },
  );

  it('are not made anew where a server closes each of them', async () => {
    let requests = 0;
    const { post } = await connect(({ socket }) => {
      requests += 1;
      socket.destroy();
    });
    await expect(post()).rejects.toMatchObject({ code: 'backend-unavailable' });
    expect(requests).toBe(1);
  });

  it('are not made anew for a request that a server has worked on', async () => {
    let requests = 0;
    const { post } = await connect(({ socket }, response) => {
      requests += 1;
      if (requests === 1) response.end('yes');
      else setTimeout(() => socket.destroy(), 1100);
    });
    await post();
    await wait(5);
    await expect(post()).rejects.toMatchObject({ code: 'backend-unavailable' });
    expect(requests).toBe(2);
  });
});
