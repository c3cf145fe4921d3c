import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { median, rotated } from '../../bench/statistics.ts';
import { covers } from '../support/covers.ts';

describe('the median', () => {
  covers('R4.8-medians');

  it.each([
    [[3], 3],
    [[9, 1, 2], 2],
    [[10, 1, 3, 2], 2.5],
    [[100, 20, 3], 20],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('does not depend on the order, and does not change it', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
        const before = [...values];
        expect(median(values.toReversed())).toBe(median(values));
        expect(values).toEqual(before);
      }),
    );
  });

  it('of no values is refused', () => {
    expect(() => median([])).toThrow('Nothing was measured.');
  });
});

describe('turns', () => {
  covers('R4.8-medians');

  it.each([
    [0, ['a', 'b', 'c']],
    [1, ['b', 'c', 'a']],
    [5, ['c', 'a', 'b']],
  ])('begin with another target in round %d', (round, expected) => {
    expect(rotated(['a', 'b', 'c'], round)).toEqual(expected);
  });
});
