import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProgressBound } from '../../src/net/progress-bound.ts';

afterEach(() => void vi.useRealTimers());

/** Sends a byte each minute. */
async function* keptAlive(minutes: number) {
  for (let minute = 0; minute < minutes; minute++) {
    vi.advanceTimersByTime(60_000);
    yield new Uint8Array(1);
  }
}

/** Sends a byte each 10 ms, and never ends. */
async function* endless() {
  for (;;) {
    await sleep(10);
    yield new Uint8Array(1);
  }
}

/** Never sends anything, and can be left at once. */
const silent = {
  [Symbol.asyncIterator]: () => ({
    next: () => new Promise<IteratorResult<Uint8Array>>(() => undefined),
  }),
};

describe('a stream whose answer is finished', () => {
  it.each([
    ['stays silent', () => silent],
    ['is kept alive', endless],
  ])('is left soon if it %s', async (_name, stream) => {
    const bound = new ProgressBound({ tailMs: 100 });
    bound.finish();
    let bytes = 0;
    for await (const chunk of bound.watch(stream())) bytes += chunk.length;
    expect(bytes).toBeLessThan(20);
    expect(bound.isLeft).toBe(true);
  });

  it('does not count the time in which its reader is busy', async () => {
    const bound = new ProgressBound({ tailMs: 100 });
    bound.finish();
    let bytes = 0;
    for await (const chunk of bound.watch(Readable.from([new Uint8Array(1), new Uint8Array(1)]))) {
      await sleep(150);
      bytes += chunk.length;
    }
    expect([bytes, bound.isLeft]).toEqual([2, false]);
  });
});

describe('a stream that is kept alive', () => {
  it('may prefill for two hours, and is ended after them', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const bound = new ProgressBound();
    let minutes = 0;
    const read = async () => {
      for await (const bytes of bound.watch(keptAlive(1000))) minutes += bytes.length;
    };
    await expect(read()).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('sent nothing of an answer in over 7200 s'),
    });
    expect(minutes).toBe(120);
  });

  it('is not ended while it makes progress', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const bound = new ProgressBound({ bytes: 100, milliseconds: 3_600_000 });
    let minutes = 0;
    for await (const bytes of bound.watch(keptAlive(1000))) {
      minutes += bytes.length;
      if (minutes % 50 === 0) bound.advance();
    }
    expect(minutes).toBe(1000);
  });
});
