import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import { collect, request as requestOf, said } from '../../support/requests.ts';
import { serve } from '../../support/upstream/replay.ts';
import { entry, openBackend } from './peers.ts';

const never = new AbortController().signal;

let backend: Backend;

beforeEach(() => {
  backend = openBackend();
});

afterEach(() => backend.close());

const FIRST = 'data: {"choices":[{"delta":{"content":"One"}}]}\n\n';
const END = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

interface Controlled {
  readonly request: GenerationRequest;
  /** Emits `asked` when a chat request has come, `closed` when its connection has closed. */
  readonly seen: EventEmitter;
}

/** A server that sends its first line after `silentMs`, and its end `openMs` later. */
async function startSlow(silentMs: number, openMs: number): Promise<Controlled> {
  const seen = new EventEmitter();
  const server = await serve((request, response) => {
    response.setHeader('content-type', 'text/event-stream');
    if (request.url !== '/v1/chat/completions') {
      response.end('{"count":7}');
      return;
    }
    request.socket.once('close', () => seen.emit('closed'));
    request.resume().once('end', () => seen.emit('asked'));
    const timers = [
      setTimeout(() => response.write(FIRST), silentMs),
      setTimeout(() => response.end(END), silentMs + openMs),
    ];
    response.once('close', () => timers.forEach(clearTimeout));
  });
  onTestFinished(server.close);
  return { request: requestOf(entry(server.url), said('Hi')), seen };
}

const HOUR = 3_600_000;
const soon = (): { readonly signal: AbortSignal } => ({ signal: AbortSignal.timeout(1_000) });

describe('an upstream that is no longer wanted', () => {
  it('[R4.2-abort] sees the connection close before it has sent its headers', async () => {
    const { request, seen } = await startSlow(HOUR, 0);
    const client = new AbortController();
    const asked = once(seen, 'asked', soon());
    const first = backend.generate(request, client.signal).next();
    await asked;
    const closed = once(seen, 'closed', soon());
    client.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    await closed;
  });

  it('[R4.2-abort] sees it close in mid-answer', async () => {
    const { request, seen } = await startSlow(0, HOUR);
    const client = new AbortController();
    const events = backend.generate(request, client.signal);
    await events.next();
    expect(await events.next()).toMatchObject({ value: { type: 'text-delta' } });
    const closed = once(seen, 'closed', soon());
    const next = events.next();
    client.abort();
    await expect(next).rejects.toMatchObject({ code: 'cancelled' });
    await closed;
  });

  it('[R4.2-abort] sees it close when the generator is left', async () => {
    const { request, seen } = await startSlow(0, HOUR);
    const closed = once(seen, 'closed', soon());
    for await (const event of backend.generate(request, never)) {
      if (event.type === 'text-delta') break;
    }
    await expect(closed).resolves.toEqual([]);
  });

  it('[R4.2-abort] sees it close when the generator is left right after admission', async () => {
    const { request, seen } = await startSlow(HOUR, 0);
    const closed = once(seen, 'closed', { signal: AbortSignal.timeout(5_000) });
    for await (const event of backend.generate(request, never)) {
      expect(event).toEqual({ type: 'admitted', inputTokens: null });
      break;
    }
    await closed;
  });

  it('[R4.2-abort] sees it close when the backend is closed', async () => {
    const { request, seen } = await startSlow(HOUR, 0);
    const asked = once(seen, 'asked', soon());
    const first = backend
      .generate(request, never)
      .next()
      .catch((error: unknown) => error);
    await asked;
    const closed = once(seen, 'closed', soon());
    await backend.close();
    expect(await first).toMatchObject({ code: 'cancelled' });
    await closed;
  });

  it('[R4.2-abort] keeps nobody waiting who gave up while it is asked what it is', async () => {
    const server = await serve(() => undefined);
    onTestFinished(server.close);
    const client = new AbortController();
    const asked = requestOf(entry(server.url), said('Hi'));
    const first = backend.generate(asked, client.signal).next();
    setTimeout(() => client.abort(), 50);
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('[R4.2-abort] is not even asked for a request that is aborted already', async () => {
    const { request, seen } = await startSlow(0, 0);
    seen.once('asked', () => expect.unreachable('it was asked'));
    await expect(backend.generate(request, AbortSignal.abort()).next()).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});

describe('an upstream that is slow', () => {
  it('[R4.2-abort] [R5.4-start] is waited for 2 s, then the answer begins without it', async () => {
    const { request } = await startSlow(2_600, 0);
    const started = performance.now();
    const events = backend.generate(request, never);
    expect(await events.next()).toEqual({
      done: false,
      value: { type: 'admitted', inputTokens: null },
    });
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThan(1_900);
    expect(waited).toBeLessThan(2_500);
    expect(await events.next()).toMatchObject({ value: { type: 'text-delta', text: 'One' } });
  });

  it('[R4.2-count] has its prompt counted by then, where it has a tokenizer', async () => {
    const { request } = await startSlow(HOUR, 0);
    const asked = { ...request, model: { ...request.model, server: 'vllm' } as const };
    for await (const event of backend.generate(asked, never)) {
      expect(event).toEqual({ type: 'admitted', inputTokens: 7 });
      break;
    }
  });

  it('[R4.2-abort] is not waited for longer than it takes', async () => {
    const { request } = await startSlow(200, 0);
    const started = performance.now();
    const { text } = await collect(backend.generate(request, never));
    expect(text).toBe('One');
    expect(performance.now() - started).toBeLessThan(1_500);
  });
});
