import { describe, expect, it } from 'vitest';
import { barTable, isMet } from '../../bench/bars.ts';
import type { Bar } from '../../bench/bars.ts';
import { facadeBars } from '../../bench/facade/figures.ts';
import type { FacadeFigures } from '../../bench/facade/figures.ts';
import { covers } from '../support/covers.ts';

const SIZE = {
  requestBytes: 67_584,
  addedP50Ms: 1,
  skeletonAddedP50Ms: 0.5,
  p50Ms: 1.5,
  addedFirstEventMs: 1,
  skeletonAddedFirstEventMs: 0.5,
  rpsAt50: 800,
  directRpsAt50: 4000,
  skeletonRpsAt50: 1000,
  cpuMsAt50: 1.5,
  skeletonCpuMsAt50: 1,
};

const FIGURES: FacadeFigures = {
  ...SIZE,
  idleRssMb: 110,
  loadedRssMb: 150,
  engineLoaded: false,
  readyMs: 700,
  bareNodeMs: 40,
  small: SIZE,
};

function missed(changes: Partial<FacadeFigures>): string[] {
  return facadeBars({ ...FIGURES, ...changes })
    .filter((bar) => isMet(bar) === false)
    .map(({ name }) => name.trim());
}

describe('the bars of the facade', () => {
  covers('R4.8-bars');

  it.each([
    ['nothing worse', {}, []],
    ['more CPU time', { cpuMsAt50: 1.51 }, ['66 KB: CPU of a skeleton']],
    ['more of small answers', { small: { ...SIZE, cpuMsAt50: 2 } }, ['0.3 KB: CPU of a skeleton']],
    ['a system that does not report CPU time', { skeletonCpuMsAt50: 0 }, []],
    ['more memory after the load', { loadedRssMb: 150.1 }, ['memory, after the load']],
    ['less of the direct rate', { directRpsAt50: 4001 }, ['66 KB:   of direct']],
    ['more memory', { idleRssMb: 110.1 }, ['memory, idle']],
    ['an engine that was loaded', { engineLoaded: true }, ['native engines loaded']],
    ['a system that does not report engines', { engineLoaded: null }, []],
    ['a slower start', { readyMs: 701 }, ['ready']],
    ['a slower start where node itself is slow', { readyMs: 900, bareNodeMs: 180 }, []],
  ])('with %s', (_case, changes, expected) => {
    expect(missed(changes)).toEqual(expected);
  });
});

describe('the table', () => {
  covers('R4.8-bars');

  it('has each figure, its bound, and if it is met', () => {
    const bars: readonly Bar[] = [
      { name: 'added', value: 1.234, unit: 'ms', bound: { at: 'most', value: 1 } },
      { name: 'share', value: 0.25, unit: '', bound: { at: 'least', value: 0.2 } },
      { name: 'bare node', value: 157.3, unit: 'ms' },
    ];
    expect(barTable('Facade', bars)).toBe(
      [
        'Facade',
        '  added      1.23 ms  ≤ 1.00 ms  ✗',
        '  share         0.25  ≥ 0.20     ✓',
        '  bare node   157 ms',
        '',
      ].join('\n'),
    );
  });
});
