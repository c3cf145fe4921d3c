import { describe, expect, it } from 'vitest';
import { repairArguments, readRepaired } from '../../../src/formats/repair/arguments.ts';
import { coerceJson } from '../../../src/formats/repair/coerce.ts';
import { cpuMillisecondsOf } from '../../support/cpu-time.ts';

const tool = {
  name: 'write',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'string' }, n: { type: 'array', items: { type: 'integer' } } },
  },
};

/** Characters of each text. Work that grows with their square takes many seconds. */
const LENGTH = 200_000;

describe('the repair of arguments ends soon', () => {
  // First, since the other texts use up the time that repairs may take.
  it('with the repaired text, for a long one with a small mistake', () => {
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
    ['empty objects behind one', '{"a":1}', '{ }', '{'],
    ['comments', '{', '/*', '}'],
    ['unquoted text', '{', 'a:', '}'],
    ['quotes in a string', '{"a":"', 'x"y ', '"}'],
  ])('for %s', (_what, begin, piece, end) => {
    const text = begin + piece.repeat(LENGTH / piece.length) + end;
    for (const repair of [() => repairArguments(text, tool), () => readRepaired(text, String)]) {
      expect(cpuMillisecondsOf(repair)).toBeLessThan(500);
    }
  });

  it('for many texts one after the other, as there are in one answer', () => {
    const text = `{'a':'${"x'".repeat(LENGTH / 2)}`;
    const milliseconds = cpuMillisecondsOf(() => {
      for (let count = 0; count < 20; count++) repairArguments(text, tool);
    });
    expect(milliseconds).toBeLessThan(2500);
  });

  it('with the repaired text, for honest ones after many that took all of the time', () => {
    const text = `{'a':'${"x'".repeat(LENGTH / 2)}`;
    for (let count = 0; count < 10; count++) repairArguments(text, tool);
    const honest = `{"a": "${'word '.repeat(4000)}", "b": True,}`;
    for (let count = 0; count < 5; count++) {
      expect(repairArguments(honest, tool)).toMatch(/"b": *true/);
    }
  });

  it('for lists nested deeper than the stack', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(repairArguments(`{"n": ["1", ${deep}]}`, tool)).toBeUndefined();
  });

  it('for many strings that have to be numbers', () => {
    const json = `{"n":[${'"1",'.repeat(50_000)}"1"]}`;
    let coerced = '';
    const milliseconds = cpuMillisecondsOf(() => {
      coerced = coerceJson(json, tool.inputSchema);
    });
    expect(coerced).toBe(json.replaceAll('"1"', '1'));
    expect(milliseconds).toBeLessThan(1000);
  });
});
