import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WeightedCache } from '../../src/core/weighted-cache.ts';
import { covers } from '../support/covers.ts';

describe('the cache of pictures', () => {
  covers('R4.5-kept');

  it('evicts the least recently used value above the limit', () => {
    const kept = new WeightedCache<number>(10);
    kept.set('a', 1, 4);
    kept.set('b', 2, 4);
    expect(kept.get('a')).toBe(1);
    kept.set('c', 3, 4);
    expect(['a', 'b', 'c'].map((key) => kept.get(key))).toEqual([1, undefined, 3]);
  });

  it('does not store a value that alone exceeds the limit', () => {
    const kept = new WeightedCache<number>(10);
    kept.set('a', 1, 11);
    expect(kept.get('a')).toBeUndefined();
    kept.set('a', 1, 10);
    expect(kept.get('a')).toBe(1);
  });

  it('counts a replaced value once', () => {
    const kept = new WeightedCache<number>(10);
    for (let turn = 0; turn < 5; turn += 1) kept.set('a', turn, 5);
    kept.set('b', 9, 5);
    expect([kept.get('a'), kept.get('b')]).toEqual([4, 9]);
  });

  it('expires a value after its lifetime, even if it is used', async () => {
    const kept = new WeightedCache<number>(10, 30);
    kept.set('a', 1, 1);
    expect(kept.get('a')).toBe(1);
    await delay(50);
    expect(kept.get('a')).toBeUndefined();
  });
});
