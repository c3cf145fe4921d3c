import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BodyMemory } from '../../src/http/body-memory.ts';
import type { BodyLimits } from '../../src/http/body-memory.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';

const MB = 2 ** 20;

afterEach(() => void vi.useRealTimers());

function begin(limits: Partial<BodyLimits> = {}) {
  const memory = new BodyMemory({ mostBytes: 10 * MB, leastBytes: 65_536, ...limits });
  return () => {
    const body = new PassThrough();
    const refuse = vi.fn<(error: Error) => void>();
    return { body, refuse, ...memory.share(body, refuse) };
  };
}

describe('memory for all bodies', () => {
  it('has a large body wait until there is room', () => {
    const next = begin();
    const [first, second] = [next(), next()];
    first.add(8 * MB);
    second.add(3 * MB);
    expect(second.body.isPaused()).toBe(true);
    first.complete();
    expect(second.body.isPaused()).toBe(true);
    first.release();
    expect(second.body.isPaused()).toBe(false);
  });

  it('always lets the first large body go on', () => {
    const next = begin();
    const [first, second, third] = [next(), next(), next()];
    second.add(6 * MB);
    first.add(6 * MB);
    third.add(3 * MB);
    expect([first, second, third].map(({ body }) => body.isPaused())).toEqual([false, false, true]);
    second.add(1);
    expect(second.body.isPaused()).toBe(true);
    first.release();
    expect(second.body.isPaused()).toBe(false);
  });

  it('pauses small bodies later than large ones', () => {
    const next = begin();
    next().add(16 * MB);
    const [small, other] = [next(), next()];
    small.add(2 * MB);
    expect(small.body.isPaused()).toBe(false);
    other.add(2.5 * MB);
    expect(other.body.isPaused()).toBe(true);
    small.add(MB);
    expect(small.body.isPaused()).toBe(true);
  });

  it('takes further bodies while earlier ones are being answered', () => {
    const next = begin({ mostHeldBytes: 20 * MB });
    const [first, second, third, fourth] = [next(), next(), next(), next()];
    for (const body of [first, second]) {
      body.add(8 * MB);
      body.complete();
      body.decoded();
    }
    third.add(3 * MB);
    expect(third.body.isPaused()).toBe(false);
    fourth.add(3 * MB);
    expect(fourth.body.isPaused()).toBe(true);
    first.release();
    expect(fourth.body.isPaused()).toBe(false);
  });

  it('is not kept by a body that stops coming in while others wait', () => {
    vi.useFakeTimers();
    const next = begin();
    const [slow, waiting] = [next(), next()];
    slow.add(8 * MB);
    vi.advanceTimersByTime(100_000);
    expect(slow.refuse).not.toHaveBeenCalled();
    waiting.add(3 * MB);
    // What came before the others began to wait counts for the first 30 s.
    vi.advanceTimersByTime(40_000);
    expect(slow.refuse).toHaveBeenCalledOnce();
    expect(slow.refuse.mock.calls[0]?.[0].message).toMatch(
      /^The body stopped coming in while other requests waited .* 65536 bytes came in 30 s\. Send/,
    );
    expect(waiting.refuse).not.toHaveBeenCalled();
  });

  it('is kept by a slow body that comes in', () => {
    vi.useFakeTimers();
    const next = begin();
    const [slow, waiting] = [next(), next()];
    slow.add(8 * MB);
    waiting.add(3 * MB);
    for (let minutes = 0; minutes < 5; minutes += 0.25) {
      vi.advanceTimersByTime(15_000);
      slow.add(100_000);
    }
    expect(slow.refuse).not.toHaveBeenCalled();
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
