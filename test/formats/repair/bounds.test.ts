import { describe, expect, it } from 'vitest';
import { repairArguments, readRepaired } from '../../../src/formats/repair/arguments.ts';
import { coerceJson } from '../../../src/formats/repair/coerce.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const tool = {
  name: 'write',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'string' }, n: { type: 'array', items: { type: 'integer' } } },
  },
};

/** Length of each text. Quadratic work would take many seconds. */
const LENGTH = 200_000;

describe('the repair of arguments', () => {
  // This test is the first one, since the other texts use up the time limit.
  it('repairs a long text with a small mistake', () => {
    const a = 'some words\n'.repeat(LENGTH / 100);
    const repaired = repairArguments(`{"a": ${JSON.stringify(a)}, "b": True,}`, tool);
    expect(JSON.parse(repaired ?? '{}')).toEqual({ a, b: true });
  });

  it.each([
    ['single quotes', "{'a':'", "x'", ''],
    ['strings in a row', '{"a":', '"x" ', ''],
    ['line breaks in a fence', '```json\n{"a":', '\n', 'x}'],
    ['fences in a fence', '```\n', '``` \n', 'x}'],
    ['line breaks before a closing tag', '{a:1}', '\n', '</tool>}'],
    ['closing tags', '{a:1}', '\n</tool', '}'],
    ['white space', '{"a"', ' ', ':NaN}'],
    ['lists', '{"a":NaN,"b":', '[', ']'],
    ['backslashes', '{"a":"', '\\d', '",}'],
    ['names in a path', '{"a":"', '\\new ', '",}'],
    ['empty values', '{"a":', ': ', '}'],
    ['empty objects', '', '{}', '{x'],
    ['empty objects after another object', '{"a":1}', '{ }', '{'],
    ['comments', '{', '/*', '}'],
    ['unquoted text', '{', 'a:', '}'],
    ['quotes in a string', '{"a":"', 'x"y ', '"}'],
  ])('ends within 500 ms for %s', (_what, begin, piece, end) => {
    const text = begin + piece.repeat(LENGTH / piece.length) + end;
    for (const repair of [() => repairArguments(text, tool), () => readRepaired(text, String)]) {
      expect(cpuMsOf(repair)).toBeLessThan(500);
    }
  });

  it('ends within a shared time limit for many texts of one answer', () => {
    const text = `{'a':'${"x'".repeat(LENGTH / 2)}`;
    const milliseconds = cpuMsOf(() => {
      for (let count = 0; count < 20; count++) repairArguments(text, tool);
    });
    expect(milliseconds).toBeLessThan(2500);
  });

  it('repairs ordinary texts after many that exceeded the time limit', () => {
    const text = `{'a':'${"x'".repeat(LENGTH / 2)}`;
    for (let count = 0; count < 10; count++) repairArguments(text, tool);
    const honest = `{"a": "${'word '.repeat(4000)}", "b": True,}`;
    for (let count = 0; count < 5; count++) {
      expect(repairArguments(honest, tool)).toMatch(/"b": *true/);
    }
  });

  it('refuses lists that nest deeper than the stack', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(repairArguments(`{"n": ["1", ${deep}]}`, tool)).toBeUndefined();
  });

  it('converts many strings to numbers in linear time', () => {
    const json = `{"n":[${'"1",'.repeat(50_000)}"1"]}`;
    let coerced = '';
    const milliseconds = cpuMsOf(() => {
      coerced = coerceJson(json, tool.inputSchema);
    });
    expect(coerced).toBe(json.replaceAll('"1"', '1'));
    expect(milliseconds).toBeLessThan(1000);
  });
});
