import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { whileWaiting } from '../../../src/cli/ui/waiting.ts';
import { covers } from '../../support/covers.ts';

/** Output on stderr during a load of some seconds. */
async function shown(isTTY: boolean, seconds: number, columns = 80): Promise<string> {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const stderr = Object.assign(new PassThrough(), { isTTY, columns });
  let share = 0;
  const work = new Promise<string>((resolve) => {
    setTimeout(() => resolve('loaded'), seconds * 1000 + 500);
  });
  const waiting = whileWaiting('Loading big', work, () => `big: ${(share += 10)} % loaded`, {
    stderr,
  });
  await vi.advanceTimersByTimeAsync(seconds * 1000 + 500);
  expect(await waiting).toBe('loaded');
  return String(stderr.read());
}

const CLEAR = '\r\u001B[K';

describe('during a load', () => {
  covers('R5.1-load');

  it('a terminal shows the time and the server’s progress, and is cleared at the end', async () => {
    expect(await shown(true, 2)).toBe(
      [
        'Loading big …',
        'Loading big … 1 s (big: 10 % loaded)',
        'Loading big … 2 s (big: 20 % loaded)',
        '',
      ].join(CLEAR),
    );
  });

  it('a narrow terminal shows what fits', async () => {
    expect(await shown(true, 1, 20)).toBe(`Loading big …${CLEAR}Loading big … 1 s (${CLEAR}`);
  });

  it('a log gets one line per half minute', async () => {
    expect(await shown(false, 61)).toBe(
      [
        'Loading big …',
        'Loading big … 30 s (big: 10 % loaded)',
        'Loading big … 60 s (big: 20 % loaded)',
        '',
      ].join('\n'),
    );
  });
});
