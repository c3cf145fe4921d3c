import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  planBatch,
  shouldWait,
} from '../../../../../src/backends/local/runners/llama-cpp/batching.ts';
import { covers } from '../../../../support/covers.ts';

const item = (length: number) => ({ tokens: Array.from({ length }, () => 0) });

/** The shares of items of these lengths, in the order of the items; 0 where one has none. */
function shares(lengths: readonly number[], size: number, prefill: number): number[] {
  const items = lengths.map(item);
  const plan = planBatch(items, { size, prefill });
  return items.map((one) => plan.find((share) => share.item === one)?.processAmount ?? 0);
}

describe('a batch', () => {
  covers('R6.3-flow', 'R6.3-full-batches');

  it.each([
    ['takes a token of each stream', [1, 1, 1], 512, 64, [1, 1, 1]],
    ['takes streams before prompts', [600, 1, 1], 512, 64, [65, 1, 1]],
    ['leaves room for streams when it is small', [600, 1, 1], 4, 64, [2, 1, 1]],
    ['takes prompts in their order', [600, 600], 512, 64, [64, 0]],
    ['assigns to others what one item leaves', [10, 600, 600], 512, 64, [10, 54, 0]],
    ['has no more streams than it can take', [1, 1, 1], 2, 64, [1, 1, 0]],
    ['takes the end of a prompt as it takes a token', [1, 30], 512, 16, [1, 17]],
  ])('%s', (_title, lengths, size, prefill, expected) => {
    expect(shares(lengths, size, prefill)).toEqual(expected);
  });

  it('never exceeds its limits, is never empty, and takes no more of an item than there is', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 });
    const limit = fc.integer({ min: 1, max: 512 });
    fc.assert(
      fc.property(lengths, limit, limit, (wanted, size, prefill) => {
        const given = shares(wanted, size, prefill);
        const sum = given.reduce((total, share) => total + share, 0);
        expect(sum).toBeLessThanOrEqual(size);
        expect(sum).toBeGreaterThan(0);
        expect(given.every((share, index) => share <= (wanted[index] ?? 0))).toBe(true);
        const prompts = given.filter((_share, index) => (wanted[index] ?? 0) > 1);
        const prompted = prompts.reduce((total, share) => total + share, 0);
        expect(prompted).toBeLessThanOrEqual(prefill + 1);
      }),
    );
  });
});

describe('the dispatcher', () => {
  covers('R6.3-full-batches');

  it.each([
    ['waits for a stream that is about to come back', 1, 2, 0, true],
    ['does not wait when all are there', 2, 2, 0, false],
    ['gives up a stream that does not come', 1, 2, 40, false],
  ])('%s', (_title, queued, active, turns, waits) => {
    expect(shouldWait(queued, active, turns)).toBe(waits);
  });
});
