import { describe, expect, it } from 'vitest';
import { planEviction } from '../../../../src/backends/local/memory/eviction.ts';
import type { Holding } from '../../../../src/backends/local/memory/eviction.ts';
import { covers } from '../../../support/covers.ts';

interface Named extends Holding {
  readonly name: string;
}

/** A model of 10 bytes, as `a`, or with flags: `a!` is busy, `a-` is ending. The first was used last. */
function held(...names: readonly string[]): readonly Named[] {
  return names.map((name, index) => ({
    name: name.slice(0, 1),
    bytes: 10,
    busy: name.includes('!'),
    ending: name.includes('-'),
    lastUsed: names.length - index,
  }));
}

describe('the eviction plan for a model', () => {
  covers('R6.4-eviction');

  it.each([
    ['loads it if it fits', 10, 10, held('a!'), { action: 'load', fits: true }],
    ['loads it if nothing is left to evict', 50, 20, held(), { action: 'load', fits: false }],
    ['evicts the least recently used model', 20, 10, held('a', 'b'), ['b']],
    ['evicts as many models as needed', 30, 10, held('a', 'b', 'c'), ['c', 'b']],
    ['evicts an unused model before a busy one', 20, 10, held('a', 'b!'), ['a']],
    ['evicts a busy model if no other is enough', 20, 10, held('a!', 'b!'), ['b']],
    ['evicts all for a model that does not fit alone', 99, 10, held('a!', 'b'), ['b', 'a']],
    ['waits for models that are ending', 20, 10, held('a', 'b!-'), { action: 'wait' }],
    ['evicts one more if the ending models are not enough', 30, 10, held('a', 'b!-'), ['a']],
    ['waits if no other model can be evicted', 99, 10, held('b!-'), { action: 'wait' }],
  ])('%s', (_title, bytes, free, models, expected) => {
    const plan = planEviction(bytes, free, models);
    const ended = plan.action === 'end' ? plan.holdings.map(({ name }) => name) : plan;
    expect(ended).toEqual(expected);
  });
});
