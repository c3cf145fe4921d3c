import { describe, expect, it } from 'vitest';
import type { GenerationEvent } from '../../src/core/events.ts';
import { WaitTracker, waitLine } from '../../src/http/waiting-text.ts';
import { covers } from '../support/covers.ts';

const text: GenerationEvent = { type: 'text-delta', text: 'Hi' };

function progress(
  phase: 'queued' | 'loading' | 'prefill',
  done: number,
  total = phase === 'loading' ? 1 : 20_000,
): GenerationEvent {
  return { type: 'progress', phase, done, total };
}

/** The lines of events that come at these seconds. */
function linesOf(events: readonly (readonly [number, GenerationEvent])[]): string[] {
  const waiting = new WaitTracker();
  return events.flatMap(([second, event]) =>
    waiting
      .note(event, 1_000_000 + second * 1000)
      .map((news) => `${second}: ${waitLine('mini', news)}`),
  );
}

describe('what the log says of a wait', () => {
  covers('R5.4-log');

  it('reports a long prefill every five seconds, and its end', () => {
    const steps = Array.from({ length: 161 }, (_, index) => {
      const event = progress('prefill', 4000 + index * 100);
      return [index / 10, event] as const;
    });
    expect(linesOf([...steps, [16.5, text], [17, text]])).toEqual([
      '5: mini: prefill 9000 of 20000 tokens, 1000 tokens/s, 11 s left',
      '10: mini: prefill 14000 of 20000 tokens, 1000 tokens/s, 6.0 s left',
      '15: mini: prefill 19000 of 20000 tokens, 1000 tokens/s, 1.0 s left',
      '16.5: mini: prefill of 16000 tokens took 17 s, 970 tokens/s; 4000 were cached',
    ]);
  });

  it('does not report a short one, the queue, or the answer', () => {
    expect(
      linesOf([
        [0, progress('queued', 0, 3)],
        [60, progress('queued', 1, 3)],
        [60, progress('prefill', 0)],
        [64.9, progress('prefill', 19_999)],
        [64.95, text],
        [99, text],
      ]),
    ).toEqual([]);
  });

  it('takes slow steps as they come', () => {
    expect(
      linesOf([
        [0, progress('prefill', 0)],
        [9, progress('prefill', 0)],
        [12, progress('prefill', 6000)],
        [14, progress('prefill', 7000)],
        [40, text],
      ]),
    ).toEqual([
      '12: mini: prefill 6000 of 20000 tokens, 500 tokens/s, 28 s left',
      '40: mini: prefill of 20000 tokens took 40 s, 500 tokens/s; 0 were cached',
    ]);
  });

  it('reports a second prefill separately', () => {
    const once = [
      [0, progress('prefill', 0)],
      [6, progress('prefill', 19_999)],
    ] as const;
    expect(linesOf([...once, [7, progress('prefill', 19_000)], [8, text]])).toEqual([
      '6: mini: prefill 19999 of 20000 tokens, 3333 tokens/s, 0.0 s left',
      '7: mini: prefill of 20000 tokens took 7.0 s, 2857 tokens/s; 0 were cached',
    ]);
  });

  it('reports the start, the progress and the end of a load', () => {
    const loading = [0, 4, 8, 12].map(
      (second) => [second, progress('loading', second / 16)] as const,
    );
    const last = { ...progress('loading', 1), sizeBytes: 8_100_000_000 };
    expect(linesOf([...loading, [16, last], [16, progress('queued', 0)]])).toEqual([
      '0: mini is being loaded',
      '8: mini: 50 % loaded, 8.0 s left',
      '16: mini was loaded in 16 s: 8.1 GB, 506 MB/s',
    ]);
    expect(linesOf([...loading.slice(0, 1), [0.2, progress('prefill', 0)], [1, text]])).toEqual([
      '0: mini is being loaded',
      '0.2: mini was loaded in 0.2 s',
    ]);
  });
});
