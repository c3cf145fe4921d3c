import { describe, expect, it } from 'vitest';
import { contextSizeFor } from '../../../../../src/backends/local/context-size.ts';
import { defaultThreads } from '../../../../../src/backends/local/threads.ts';
import {
  alignedStep,
  NO_TILE,
  prefillStep,
  StepTimes,
  TILE,
} from '../../../../../src/backends/local/prefill-steps.ts';
import { SlotQueue } from '../../../../../src/core/queue.ts';
import { covers } from '../../../../support/covers.ts';

describe('threads', () => {
  covers('R2.7-threads');

  it.each([
    [1, 0, 1],
    [2, 0.2, 1],
    [2, 13, 1],
    [4, 0, 3],
    [4, 3, 1],
    [6, 0, 6],
    [6, 2, 4],
    [6, 30, 3],
    [64, 0.4, 64],
  ])('on %i cores, of which %f are busy, are %i', (cores, busy, threads) => {
    expect(defaultThreads(cores, busy)).toBe(threads);
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
  });
});

describe('steps of the prefill', () => {
  covers('R2.13-prefill', 'R6.3-steps');

  type Row = readonly [string, readonly (readonly [tokens: number, ms: number])[], number, number];
  it.each<Row>([
    ['the first finds the rate out', [], 512, 16],
    ['the next ones grow, however long they take', [[32, 300]], 512, 64],
    ['a fast machine takes whole batches', [[256, 9]], 512, 512],
    [
      'on a slow machine are what fits into 80 ms',
      [
        [16, 9],
        [64, 40],
      ],
      512,
      128,
    ],
    [
      'by the time that the size itself took',
      [
        [64, 40],
        [128, 90],
      ],
      512,
      96,
    ],
    [
      'but never less than 16',
      [
        [16, 300],
        [64, 1200],
      ],
      512,
      16,
    ],
    [
      'no longer than they must where larger ones waste no less',
      [
        [16, 400],
        [64, 410],
        [128, 780],
      ],
      512,
      64,
    ],
    ['unless a batch has less', [[64, 40]], 8, 8],
    [
      'where more tokens take no longer, they grow',
      [
        [16, 400],
        [64, 420],
      ],
      512,
      96,
    ],
    [
      'one that is twice as fast may be somewhat longer',
      [
        [16, 60],
        [64, 110],
      ],
      512,
      64,
    ],
    [
      'a size that is slower than a larger one is left out',
      [
        [16, 170],
        [32, 365],
        [64, 28],
      ],
      512,
      128,
    ],
  ])('%s', (_title, steps, batch, size) => {
    const times = new StepTimes();
    for (const [tokens, milliseconds] of steps) times.record({ tokens, milliseconds, depth: 0 });
    expect(prefillStep(times.at(0), batch)).toBe(size);
  });

  type BesideRow = readonly [string, Row[1], number, number, number];
  it.each<BesideRow>([
    ['are at least 16 tokens', [[16, 190]], 512, NO_TILE, 16],
    [
      'are smaller if those take too long',
      [
        [16, 300],
        [64, 1200],
      ],
      512,
      NO_TILE,
      8,
    ],
    [
      'are not smaller if that is hardly faster',
      [
        [4, 190],
        [16, 230],
        [64, 900],
      ],
      512,
      NO_TILE,
      16,
    ],
    [
      'grow where a larger size wastes less',
      [
        [16, 100],
        [32, 120],
        [64, 190],
      ],
      512,
      NO_TILE,
      64,
    ],
    [
      'are below the tile if that takes too long',
      [
        [16, 140],
        [64, 550],
      ],
      512,
      TILE,
      16,
    ],
    ['do not try a tile that is expected to take too long', [[16, 137]], 512, TILE, 16],
    ['try a tile that is expected to be in time', [[32, 90]], 512, TILE, 64],
    [
      'may be the rest of a prompt',
      [
        [16, 40],
        [32, 60],
      ],
      37,
      NO_TILE,
      37,
    ],
  ])('beside a stream %s', (_title, measured, batch, tile, size) => {
    const times = new StepTimes(tile);
    for (const [tokens, milliseconds] of measured) times.record({ tokens, milliseconds, depth: 0 });
    expect(prefillStep(times.at(0), batch, tile, true)).toBe(size);
  });

  it.each([NO_TILE, TILE])('beside a stream stay below 250 ms at any depth, tile %i', (tile) => {
    const times = new StepTimes(tile);
    // Without flash attention, as it was measured for SmolLM2 with one thread (bench/README.md).
    const timeOf = (tokens: number, depth: number) => 10 + tokens * (5 + depth / 400);
    let depth = 0;
    let longest = 0;
    for (let steps = 0; depth < 7000; steps++) {
      const tokens = prefillStep(times.at(depth), Math.min(512, 7000 - depth), tile, true);
      const milliseconds = timeOf(tokens, depth);
      if (steps > 0) longest = Math.max(longest, milliseconds);
      times.record({ tokens, milliseconds, depth });
      depth += tokens;
    }
    expect(longest).toBeLessThan(250);
  });

  it.each([
    [16, 1000, 16],
    [64, 1000, 104],
    [64, 640, 64],
    [256, 1000, 232],
    [256, 300, 236],
    [256, 200, 200],
    [64, 40, 40],
  ])('of %i tokens leave no odd rest of %i: %i', (step, remaining, tokens) => {
    expect(alignedStep(step, remaining)).toBe(tokens);
  });

  it('are measured by their median, and only by the last ones', () => {
    const times = new StepTimes();
    const depth = 0;
    expect(times.rate(depth)).toBeUndefined();
    for (const milliseconds of [40, 900, 41]) times.record({ tokens: 70, milliseconds, depth });
    times.record({ tokens: 3, milliseconds: 5, depth });
    expect(times.at(depth)).toEqual([{ tokens: 64, milliseconds: (41 * 64) / 70 }]);
    expect(times.rate(depth)).toBeCloseTo(70 / 41);
    for (let count = 0; count < 64; count++) times.record({ tokens: 32, milliseconds: 20, depth });
    for (let count = 0; count < 64; count++) times.record({ tokens: 96, milliseconds: 50, depth });
    expect(times.at(depth)).toEqual([
      { tokens: 32, milliseconds: 20 },
      { tokens: 96, milliseconds: 50 },
    ]);
  });

  it.each([
    ['are tried at 64 tokens again with flash attention', TILE, 64],
    ['stay the smallest without it, where none is short enough', NO_TILE, 16],
  ])('%s', (_title, tile, size) => {
    const times = new StepTimes(tile);
    // As they were measured: 64 tokens at the beginning of a prompt, then ever smaller ones.
    for (const depth of [3, 75, 139, 203, 267]) {
      times.record({ tokens: 64, milliseconds: 80, depth });
    }
    for (let depth = 331; depth < 1259; depth += 32) {
      times.record({ tokens: 32, milliseconds: 45 + depth / 64, depth });
    }
    for (let depth = 1259; depth < 3595; depth += 16) {
      const milliseconds = depth < 2500 ? 16 + depth / 46 : 75 + (depth - 2500) / 150;
      times.record({ tokens: 16, milliseconds, depth });
    }
    expect(prefillStep(times.at(3595), 512, tile)).toBe(size);
  });

  it('take longer the deeper they are, whichever size was measured there', () => {
    const times = new StepTimes();
    times.record({ tokens: 16, milliseconds: 20, depth: 0 });
    for (let depth = 0; depth < 2048; depth += 128) {
      times.record({ tokens: 128, milliseconds: depth === 512 ? 900 : 40 + depth / 32, depth });
    }
    times.record({ tokens: 256, milliseconds: 80, depth: 0 });
    expect(prefillStep(times.at(0), 512)).toBe(256);
    expect(prefillStep(times.at(2048), 512)).toBe(96);
    expect(prefillStep(times.at(8192), 512)).toBe(64);
    expect(times.rate(2048)).toBeLessThan((times.rate(0) ?? 0) / 2);
  });
});

describe('the queue for a slot', () => {
  covers('R2.7-queue', 'R6.1-queue', 'R2.7-queue-full');

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

  it('has as many turns at once as there are slots', async () => {
    const queue = new SlotQueue(1);
    const first = queue.enter();
    const second = queue.enter();
    expect([queue.busy, queue.waiting, second.ahead]).toEqual([1, 1, 1]);
    queue.open(2);
    await second.turn(never);
    const third = queue.enter();
    expect([queue.busy, queue.waiting, third.ahead]).toEqual([2, 1, 1]);
    expect(() => queue.enter()).toThrow('1 requests are already waiting');
    first.leave();
    await third.turn(never);
    expect([queue.busy, queue.waiting, third.ahead]).toEqual([2, 0, 0]);
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

  it('refuses beyond its limit, and says when to come back', () => {
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
