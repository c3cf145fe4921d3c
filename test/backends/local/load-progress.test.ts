import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { untilLoaded } from '../../../src/backends/local/load-progress.ts';
import { covers } from '../../support/covers.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a load', () => {
  covers('R6.4-progress');

  it('reports its share to all waiting requests, at once and then every second, and its size', async () => {
    let share = 0;
    const weights = { runner: { sizeBytes: 3_000_000 } };
    let finish: (loaded: typeof weights) => void = () => undefined;
    const loading = new Promise<typeof weights>((resolve) => (finish = resolve));
    const { signal } = new AbortController();
    const waiters = [1, 2].map(() =>
      untilLoaded(loading, () => ({ waits: share === 0, share }), signal),
    );
    const next = async () =>
      (await Promise.all(waiters.map((waiter) => waiter.next()))).map(({ value }) => value);
    const event = { type: 'progress', phase: 'loading', total: 1 };
    const queued = { ...event, phase: 'queued', done: 0 };
    expect(await next()).toEqual([queued, queued]);
    for (share of [0.25, 0.5]) {
      const news = next();
      await vi.advanceTimersByTimeAsync(1000);
      expect(await news).toEqual([
        { ...event, done: share },
        { ...event, done: share },
      ]);
    }
    const ended = next();
    finish(weights);
    const last = { ...event, done: 1, sizeBytes: 3_000_000 };
    expect(await ended).toEqual([last, last]);
    expect(await next()).toEqual([weights, weights]);
  });

  it('ends for a request that gives up, and a failure reaches all requests', async () => {
    let fail: (reason: Error) => void = () => undefined;
    const loading = new Promise<never>((_resolve, reject) => (fail = reject));
    const controller = new AbortController();
    const progress = () => ({ waits: false, share: 0 });
    const [left, stays] = [controller.signal, new AbortController().signal].map((signal) =>
      untilLoaded(loading, progress, signal),
    );
    await Promise.all([left?.next(), stays?.next()]);
    const given = left?.next();
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    const failed = stays?.next();
    fail(new Error('no such file'));
    await expect(failed).rejects.toThrow('no such file');
  });
});
