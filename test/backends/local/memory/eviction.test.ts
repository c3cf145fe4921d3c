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

describe('room for a model', () => {
  covers('R6.4-eviction');

  it.each([
    ['there is', 10, 10, held('a!'), { action: 'load', fits: true }],
    ['there will never be', 50, 20, held(), { action: 'load', fits: false }],
    ['the least recently used model makes it', 20, 10, held('a', 'b'), ['b']],
    ['as many make it as must', 30, 10, held('a', 'b', 'c'), ['c', 'b']],
    ['an unused one makes it before a busy one', 20, 10, held('a', 'b!'), ['a']],
    ['a busy one makes it where no other can', 20, 10, held('a!', 'b!'), ['b']],
    ['all make it for one that would not fit alone', 99, 10, held('a!', 'b'), ['b', 'a']],
    ['comes with those that end', 20, 10, held('a', 'b!-'), { action: 'wait' }],
    ['comes with those that end and one more', 30, 10, held('a', 'b!-'), ['a']],
    ['is waited for where nobody else can make it', 99, 10, held('b!-'), { action: 'wait' }],
  ])('%s', (_title, bytes, free, models, expected) => {
    const plan = planEviction(bytes, free, models);
    const ended = plan.action === 'end' ? plan.holdings.map(({ name }) => name) : plan;
    expect(ended).toEqual(expected);
  });
});
