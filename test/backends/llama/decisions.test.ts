import { describe, expect, it } from 'vitest';
import {
  contextSizeFor,
  defaultThreads,
  usableTokens,
} from '../../../src/backends/llama/engine.ts';
import { EventBatch } from '../../../src/backends/llama/event-batch.ts';
import { EventChannel } from '../../../src/backends/llama/event-channel.ts';
import { prefillStep } from '../../../src/backends/llama/prefill-steps.ts';
import { SlotQueue } from '../../../src/backends/llama/queue.ts';

describe('[R2.7-threads] threads', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [6, 6],
    [64, 64],
  ])('on %i cores are %i', (cores, threads) => {
    expect(defaultThreads(cores)).toBe(threads);
  });
});

describe('the context', () => {
  it.each([
    ['the server’s setting wins', { server: 1000, model: 2000 }, 4000, 1000],
    ['then the model’s entry', { server: undefined, model: 2000 }, 4000, 2000],
    ['then what it was trained on', { server: undefined, model: undefined }, 4000, 4000],
    ['but 32k at most', { server: undefined, model: undefined }, 262_144, 32_768],
  ])('%s', (_title, wanted, trained, size) => {
    expect(contextSizeFor(wanted, trained)).toBe(size);
    expect(usableTokens(size)).toBe(size - 1);
  });
});

describe('[R2.13-prefill] steps of the prefill', () => {
  it.each([
    ['the first finds the rate out', undefined, 512, 16],
    ['a fast machine takes whole batches', 100, 512, 512],
    ['a slow one what fits into 80 ms', 0.5, 512, 40],
    ['but never less than 16', 0.01, 512, 16],
    ['a small batch bounds it', undefined, 8, 8],
  ])('%s', (_title, rate, batch, size) => {
    expect(prefillStep(rate, batch)).toBe(size);
  });
});

describe('[R2.7-queue] the queue for a slot', () => {
  const never = new AbortController().signal;

  it('serves in the order of arrival', async () => {
    const queue = new SlotQueue(5);
    const order: string[] = [];
    const places = ['a', 'b', 'c'].map((name) => ({ name, place: queue.enter() }));
    expect(places.map(({ place }) => place.ahead)).toEqual([0, 1, 2]);
    const turns = places.map(async ({ name, place }) => {
      await place.turn(never);
      order.push(name);
      place.leave();
    });
    await Promise.all(turns);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('goes on when one that waits gives up', async () => {
    const queue = new SlotQueue(5);
    const [running, waiting, last] = [queue.enter(), queue.enter(), queue.enter()];
    const controller = new AbortController();
    const given = waiting.turn(controller.signal);
    controller.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    waiting.leave();
    running.leave();
    running.leave();
    await last.turn(never);
  });

  it('[R2.7-queue-full] refuses beyond its limit, and says when to come back', () => {
    const queue = new SlotQueue(1);
    const running = queue.enter();
    queue.enter();
    expect(() => queue.enter()).toThrow(
      expect.objectContaining({ code: 'overloaded', retryAfterSeconds: 2 }),
    );
    running.leave();
    expect(queue.enter().ahead).toBe(1);
  });
});

describe('[R2.7-batched] events between processes', () => {
  it('travel together when they come quickly, and none is lost', async () => {
    const batches: (readonly number[])[] = [];
    const batch = new EventBatch<number>((items) => batches.push(items));
    for (let item = 0; item < 50; item++) batch.add(item);
    expect(batches).toEqual([[0]]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    batch.add(50);
    batch.close();
    expect(batches.flat()).toEqual(Array.from({ length: 51 }, (_value, index) => index));
    expect(batches).toHaveLength(3);
  });

  it('are read in order, then the end or the failure', async () => {
    const channel = new EventChannel<number>();
    channel.push([1, 2]);
    setTimeout(() => channel.push([3]), 5);
    setTimeout(() => channel.fail(new Error('broken')), 10);
    const read: number[] = [];
    const reading = (async () => {
      for await (const item of channel.read()) read.push(item);
    })();
    await expect(reading).rejects.toThrow('broken');
    expect(read).toEqual([1, 2, 3]);
  });
});
