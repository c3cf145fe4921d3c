import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { whileWaiting } from '../../../src/cli/ui/waiting.ts';
import { covers } from '../../support/covers.ts';

/** What is on stderr after each second of a load that takes so many. */
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

describe('while a model is loaded', () => {
  covers('R5.1-load');

  it('a terminal shows the time and what the server says, and then nothing of it', async () => {
    expect(await shown(true, 2)).toBe(
      [
        'Loading big …',
        'Loading big … 1 s (big: 10 % loaded)',
        'Loading big … 2 s (big: 20 % loaded)',
        '',
      ].join(CLEAR),
    );
  });

  it('a narrow one shows what fits', async () => {
    expect(await shown(true, 1, 20)).toBe(`Loading big …${CLEAR}Loading big … 1 s (${CLEAR}`);
  });

  it('a log has a line each half minute', async () => {
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
