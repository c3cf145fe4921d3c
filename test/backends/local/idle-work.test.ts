import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IdleWork } from '../../../src/backends/local/idle-work.ts';

describe('the work of an engine without requests', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function start(isBusy = false) {
    const calls: string[] = [];
    const work = new IdleWork({
      isBusy: () => isBusy,
      keep: async () => void calls.push('keep'),
      measure: (signal) =>
        new Promise((resolve) => {
          calls.push('measure');
          signal.addEventListener('abort', () => {
            calls.push('stopped');
            resolve();
          });
        }),
    });
    work.schedule();
    return { work, calls };
  }

  it('writes states after ten seconds, and measures after a minute', async () => {
    const { work, calls } = start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(calls).toEqual(['keep']);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(calls).toEqual(['keep', 'measure']);
    await work.end();
  });

  it('stops a measurement for a request, and at the end', async () => {
    const { work, calls } = start();
    await vi.advanceTimersByTimeAsync(60_000);
    work.pause();
    expect(calls).toEqual(['keep', 'measure', 'stopped']);
    work.schedule();
    await vi.advanceTimersByTimeAsync(60_000);
    await work.end();
    expect(calls.slice(3)).toEqual(['keep', 'measure', 'stopped']);
  });

  it('measures nothing after a request that came while states were written', async () => {
    let write = (): void => undefined;
    const measured: string[] = [];
    const work = new IdleWork({
      isBusy: () => false,
      keep: () => new Promise((resolve) => (write = resolve)),
      measure: async () => void measured.push('measure'),
    });
    work.schedule();
    await vi.advanceTimersByTimeAsync(60_000);
    work.pause();
    write();
    await work.end();
    expect(measured).toEqual([]);
  });

  it('does not begin beside another request', async () => {
    const { calls } = start(true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(calls).toEqual([]);
  });
});
