import { describe, expect, it } from 'vitest';
import { RecentLists } from '../../../src/wires/anthropic/decoding/recent-lists.ts';
import { decode } from './decoding.ts';

const tool = (name: string) => ({ name, input_schema: { type: 'object' } });

describe('recent lists of tools', () => {
  it('return the same decoded tools for equal tools, and others for other ones', () => {
    const toolsOf = (description: string) =>
      decode({ tools: [{ ...tool('read'), description }] }).request.conversation.tools;
    expect(toolsOf('Reads.')).toBe(toolsOf('Reads.'));
    expect(toolsOf('Reads more.')).not.toBe(toolsOf('Reads.'));
    expect(toolsOf('Reads more.')[0]?.description).toBe('Reads more.');
  });

  it('report the keys without an effect of each request', () => {
    const ignoredOf = () => decode({ tools: [{ ...tool('read'), color: 'red' }] }).ignored;
    expect(ignoredOf()).toEqual(['tools.read.color']);
    expect(ignoredOf()).toEqual(['tools.read.color']);
  });

  it('keep the eight that were used last', () => {
    const lists = new RecentLists<string>();
    const keys = Array.from({ length: 9 }, (_, index) => lists.keyOf([index]));
    for (const key of keys.slice(0, 8)) lists.set(key, `${key}`);
    expect(lists.get(keys[0])).toBe('[0]');
    lists.set(keys[8], 'last');
    expect(lists.get(keys[1])).toBeUndefined();
    expect(lists.get(keys[0])).toBe('[0]');
  });

  it('keep no list that is empty or too large', () => {
    const lists = new RecentLists<string>();
    expect(lists.keyOf([])).toBeUndefined();
    expect(lists.keyOf(['x'.repeat(300_000)])).toBeUndefined();
  });
});
