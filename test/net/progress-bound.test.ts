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
