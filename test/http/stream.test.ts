import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { RuntimeFailure } from '../../src/core/failure.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

const USAGE = {
  promptTokens: 10,
  cacheReadTokens: 4,
  cacheCreationTokens: 0,
  outputTokens: 2,
  thinkingTokens: 0,
};
const FINISH: GenerationEvent = {
  type: 'finish',
  reason: 'end-turn',
  stopSequence: null,
  usage: USAGE,
};
const text = (value: string): GenerationEvent => ({ type: 'text-delta', text: value });

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

const eventsOf = (body: string): string[] =>
  [...body.matchAll(/^event: (.*)$/gm)].map(([, name = '']) => name);

/** A promise and what resolves it. */
function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

describe('a stream', () => {
  covers('R2.5-admission', 'R2.12-sse-error', 'R2.12-no-trace', 'R2.13-disconnect');

  it('begins as soon as the request is admitted, and is never silent', async () => {
    const pinged = deferred();
    server = await serveScript(
      {
        async *script() {
          await pinged.promise;
          yield text('Hi');
          yield FINISH;
        },
      },
      { silence: { pingMs: 100, keepAliveMs: 60_000 } },
    );
    const response = await server.ask({ stream: true });
    let body = '';
    for await (const piece of response.body ?? []) {
      body += Buffer.from(piece).toString();
      if (eventsOf(body).filter((name) => name === 'ping').length === 2) pinged.resolve();
    }
    const events = eventsOf(body);
    expect(events.slice(0, 3)).toEqual(['message_start', 'ping', 'ping']);
    expect(events.filter((name) => name !== 'ping')).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('ends in an error event if it fails during the stream', async () => {
    server = await serveScript({
      async *script() {
        yield text('Hi');
        throw new RuntimeFailure('engine-crashed', 'The engine of actor ended unexpectedly.');
      },
    });
    const response = await server.ask({ stream: true });
    expect(response.status).toBe(200);
    const body = await response.text();
    expect(eventsOf(body).at(-1)).toBe('error');
    const last: unknown = JSON.parse(body.trim().split('data: ').at(-1) ?? '');
    expect(last).toEqual({
      type: 'error',
      error: { type: 'api_error', message: 'The engine of actor ended unexpectedly.' },
      request_id: response.headers.get('request-id'),
    });
  });

  it('hides an unexpected failure from the client, but logs it', async () => {
    server = await serveScript({
      async *script() {
        yield* [];
        throw new TypeError('secret.path is not a function');
      },
    });
    for (const stream of [true, false]) {
      const body = await (await server.ask({ stream })).text();
      expect(body).toContain('api_error');
      expect(body).not.toMatch(/secret|TypeError|\.ts|\.js/);
    }
    expect(server.logged.join('')).toContain('secret.path is not a function');
  });

  it('aborts the generation when the client goes, streamed or not', async () => {
    for (const stream of [true, false]) {
      const aborted = deferred();
      const started = deferred();
      server = await serveScript({
        async *script(_request, signal) {
          signal.addEventListener('abort', () => aborted.resolve());
          started.resolve();
          yield text('Hi');
          await aborted.promise;
          throw new RuntimeFailure('cancelled', 'The request was cancelled.');
        },
      });
      const controller = new AbortController();
      const answer = server.ask({ stream }, controller.signal).then((response) => response.text());
      await started.promise;
      controller.abort();
      await expect(answer).rejects.toThrow();
      await aborted.promise;
      await server.close();
    }
  });

  it('waits for a client that reads slowly, instead of filling the memory', async () => {
    const total = 400;
    let produced = 0;
    server = await serveScript({
      async *script() {
        for (; produced < total; produced++) yield text('x'.repeat(100_000));
        yield FINISH;
      },
    });
    const { port } = new URL(server.url);
    const socket = connect(Number(port), '127.0.0.1');
    const body = JSON.stringify({
      model: 'actor',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    });
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    for (;;) {
      const before = produced;
      await wait(200);
      if (produced > 0 && produced === before) break;
    }
    expect(produced).toBeLessThan(total / 2);
    socket.resume();
    await expect.poll(() => produced, { timeout: 10_000 }).toBe(total);
    socket.destroy();
  });
});

describe('the log', () => {
  covers('R2.14-line');

  it('has one line a request, with model, tokens and times, and no prompt', async () => {
    server = await serveScript({
      async *script() {
        yield text('one');
        await wait(20);
        yield text('two');
        yield FINISH;
      },
    });
    await (
      await server.ask({ messages: [{ role: 'user', content: 'a very secret prompt' }] })
    ).text();
    while (server.logged.length === 0) await wait(5);
    expect(server.logged).toHaveLength(1);
    const line: unknown = JSON.parse(server.logged[0] ?? '');
    expect(line).toMatchObject({
      id: expect.stringMatching(/^req_/),
      msg: 'POST /v1/messages',
      status: 200,
      model: 'actor',
      promptTokens: 10,
      cacheReadTokens: 4,
      outputTokens: 2,
      firstTokenMs: expect.any(Number),
      tokensPerSecond: expect.any(Number),
      ms: expect.any(Number),
    });
    expect(server.logged.join('')).not.toMatch(/secret|Hello|headers/);
  });

  it.each([
    ['not streamed', [text('one '), text('two three'), { ...FINISH, inOnePiece: true as const }]],
    ['streamed', [text('one two three'), FINISH]],
    ['streamed after the end', [text('one '), text('two '), text('three'), FINISH]],
  ])('has no rate for an answer that came in one piece (%s)', async (_, events) => {
    server = await serveScript({
      async *script() {
        yield* events;
      },
    });
    await (await server.ask()).text();
    while (server.logged.length === 0) await wait(5);
    const line: unknown = JSON.parse(server.logged[0] ?? '');
    expect(line).toMatchObject({ outputTokens: 2 });
    expect(line).not.toHaveProperty('tokensPerSecond');
  });
});
