import { describe, expect, it } from 'vitest';
import { isMet } from '../../bench/bars.ts';
import { engineBars } from '../../bench/engine/figures.ts';
import type { EngineFigures } from '../../bench/engine/figures.ts';
import { decodeRate, largestGap, sharedRate } from '../../bench/engine/timeline.ts';
import { covers } from '../support/covers.ts';

const FIGURES: EngineFigures = {
  decodeRatio: 0.97,
  warmTtftRatio: 1.25,
  warmOverCold: 0.03,
  prefixReuse: 0.95,
  maxStreamGapMs: 250,
  abortMs: 100,
  parallelRatio: 0.9,
  sessionShare: 0.9,
  leastDecodeRatio: 0.5,
  shortDecodeRatio: 0.5,
  leastShortDecodeRatio: 0.5,
  leastParallelRatio: 0.5,
};

describe('the bars of the engine', () => {
  covers('R6.8-bars');

  it.each([
    ['nothing worse', {}, []],
    ['a slower stream', { decodeRatio: 0.969 }, ['decode, of raw']],
    ['a later first token', { warmTtftRatio: 1.26 }, ['warm first token, of raw']],
    ['less that is known', { warmOverCold: 0.031 }, ['warm first token, of cold']],
    ['less that is kept', { prefixReuse: 0.949 }, ['prefix reused by turns']],
    ['a longer gap', { maxStreamGapMs: 251 }, ['gap of a stream beside a prefill']],
    ['a slot that is freed later', { abortMs: 101 }, ['abort in a prefill']],
    ['emptier batches', { parallelRatio: 0.89 }, ['parallel streams, of raw']],
    ['a session that waits elsewhere', { sessionShare: 0.89 }, ['session in llama.cpp']],
  ])('with %s', (_case, changes, expected) => {
    const missed = engineBars({ ...FIGURES, ...changes }).filter((bar) => isMet(bar) === false);
    expect(missed.map(({ name }) => name)).toEqual(expected);
  });
});

describe('a stream', () => {
  covers('R6.8-timelines');

  it('is measured from its first token on', () => {
    expect(decodeRate([500, 510, 520, 540])).toBe(75);
  });

  it.each([[[]], [[500]], [[500, 500]]])('of %j is too short to measure', (timeline) => {
    expect(() => decodeRate(timeline)).toThrow('too short');
  });

  it.each([
    ['inside', [0, 10, 20, 90, 100], 15, 95, 70],
    ['that began before', [0, 50, 60], 40, 55, 50],
    ['that ends after', [0, 10, 60], 5, 20, 50],
    ['that never ended', [0, 10], 5, 95, 85],
    ['with nothing inside', [0, 100], 40, 60, 100],
  ])('has its largest gap %s', (_case, timeline, from, to, expected) => {
    expect(largestGap(timeline, from, to)).toBe(expected);
  });
});

describe('streams together', () => {
  covers('R6.8-timelines');

  it('are measured only while all of them decode', () => {
    const early = [0, 100, 200, 300];
    const late = [200, 300, 400, 500];
    expect(sharedRate([early, late])).toBe(20);
  });

  it.each([
    [
      'that never overlap',
      [
        [0, 10],
        [20, 30],
      ],
    ],
    ['of which one says nothing', [[0, 10], []]],
  ])('%s are too short to measure', (_case, timelines) => {
    expect(() => sharedRate(timelines)).toThrow('too short');
  });
});
