import { describe, expect, it } from 'vitest';
import { slotsFor } from '../../../../../src/backends/local/memory/slot-count.ts';
import { covers } from '../../../../support/covers.ts';

const GB = 2 ** 30;

describe('slots without a setting for their number', () => {
  covers('R6.1-parallel');

  it.each([
    ['four of a small model', { free: 16, weights: 1, context: 0.1, sequence: 0.1 }, 4],
    [
      'as many as fit into half of the free memory',
      { free: 21, weights: 5, context: 4, sequence: 2 },
      3,
    ],
    ['one if memory is short', { free: 10, weights: 5, context: 4, sequence: 4 }, 1],
    ['one even if memory is too short for it', { free: 4, weights: 5, context: 4, sequence: 4 }, 1],
    ['four if sequences cost nothing', { free: 10, weights: 5, context: 0, sequence: 0 }, 4],
  ])('are %s', (_title, { free, weights, context, sequence }, slots) => {
    const memory = {
      free: free * GB,
      weights: weights * GB,
      context: context * GB,
      sequence: sequence * GB,
    };
    expect(slotsFor(memory)).toBe(slots);
  });
});
