import { describe, expect, it } from 'vitest';
import { withTimeLimit } from '../../../src/formats/repair/time-limit.ts';
import { startCpuClock } from '../../support/cpu-time.ts';

/** Spends time without the processor, as a process does on a busy machine. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe('the time limit of repairs', () => {
  it('repeats work that hardly got the processor', () => {
    let tries = 0;
    const result = withTimeLimit(() => {
      if (++tries < 3) pause(10_000);
      return 'done';
    });
    expect({ result, tries }).toEqual({ result: 'done', tries: 3 });
  });

  it('stops work that never ends, although it hardly gets the processor', () => {
    let tries = 0;
    const waits = () => {
      tries++;
      pause(10_000);
    };
    expect(() => withTimeLimit(waits)).toThrow(/timed out/);
    expect(tries).toBe(3);
  });

  it('passes on the error of the work', () => {
    const fails = () => {
      throw new TypeError('ambiguous');
    };
    expect(() => withTimeLimit(fails)).toThrow('ambiguous');
  });

  it('keeps the limit of later work if the time passed without the processor', () => {
    let tries = 0;
    const pauses = () => {
      if (++tries < 3) pause(10_000);
    };
    withTimeLimit(pauses);
    const began = performance.now();
    expect(() => withTimeLimit(() => pause(10_000))).toThrow(/timed out/);
    // Attempts of 120, 240 and 360 ms.
    expect(performance.now() - began).toBeGreaterThanOrEqual(700);
  });

  // This test is the last one, since it uses up the time limit.
  it('does not repeat work that used up its time', () => {
    const spent = startCpuClock();
    let before = 0;
    const spins = () => {
      before = spent();
      for (;;) Math.random();
    };
    expect(() => withTimeLimit(spins)).toThrow(/timed out/);
    // On a busy machine the first attempts may get little CPU time.
    expect(before).toBeLessThan(60);
    expect(spent()).toBeLessThan(500);
  });
});
