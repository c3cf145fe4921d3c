import { describe, expect, it } from 'vitest';
import { slotsFor } from '../../../../../src/backends/local/memory/slot-count.ts';
import { covers } from '../../../../support/covers.ts';

const GB = 2 ** 30;

describe('slots, where nobody says how many', () => {
  covers('R6.1-parallel');

  it.each([
    ['four of a small model', { free: 16, weights: 1, context: 0.1, sequence: 0.1 }, 4],
    [
      'as many as half of what is left is for',
      { free: 21, weights: 5, context: 4, sequence: 2 },
      3,
    ],
    ['one where memory is short', { free: 10, weights: 5, context: 4, sequence: 4 }, 1],
    [
      'one where there is not even memory for that',
      { free: 4, weights: 5, context: 4, sequence: 4 },
      1,
    ],
    ['four where sequences cost nothing', { free: 10, weights: 5, context: 0, sequence: 0 }, 4],
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
