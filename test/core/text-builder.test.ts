import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { TextBuilder } from '../../src/core/text-builder.ts';

it('a text of many pieces is read at any time', () => {
  const text = new TextBuilder();
  let expected = '';
  for (let index = 0; index < 5000; index += 1) {
    text.append(`${index} `);
    expected += `${index} `;
    if (index % 700 === 0) expect(text.toString()).toBe(expected);
  }
  expect(text.toString()).toBe(expected);
});

it('a text of tokens takes about the memory of its characters', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (!isFunction(collect)) throw new Error('V8 has no collector.');
  const text = new TextBuilder();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 300_000; index += 1) text.append(String(1e12 + index));
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  expect(bytes).toBeLessThan(2 * 300_000 * 13);
  expect(text.toString()).toHaveLength(300_000 * 13);
});

function isFunction(value: unknown): value is () => void {
  return typeof value === 'function';
}
