import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonMistake } from '../../src/core/json-mistake.ts';
import { readJson } from '../../src/core/json-reader.ts';
import { finish } from '../../src/core/steps.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

/** The value of a text, or that it is none. */
function outcome(read: (text: string) => unknown, text: string): unknown {
  try {
    return { value: read(text) };
  } catch {
    return 'a mistake';
  }
}

const read = (text: string): unknown => finish(readJson(text));
const parse = (text: string): unknown => JSON.parse(text);

function mistakeIn(text: string): JsonMistake {
  try {
    read(text);
  } catch (error) {
    if (error instanceof JsonMistake) return error;
    throw error;
  }
  throw new Error('it was read');
}

describe('the JSON reader', () => {
  covers('R12.1-reader');

  it('reads what JSON.parse reads, to the same values', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), fc.nat(3), (text, indent) => {
        const spaced = JSON.stringify(parse(text), undefined, indent);
        expect(read(text)).toEqual(parse(text));
        expect(read(spaced)).toEqual(parse(spaced));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const pieces = [
      ...'{}[]:,"\\ \n01-.eE+tu'.split(''),
      'true',
      'null',
      '"a"',
      '\\u00e9',
      '\\n',
      '\t',
      '\0',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (chosen) => {
        const text = chosen.join('');
        expect(outcome(read, text)).toEqual(outcome(parse, text));
      }),
      { numRuns: propertyRuns(5000) },
    );
  });

  it.each(['{"__proto__":{"a":1}}', '{"a":1,"a":2}', '-0', '1e999', '1E+2', ' \t\r\n[] '])(
    'reads %j as JSON.parse does',
    (text) => {
      expect(read(text)).toStrictEqual(parse(text));
      expect(JSON.stringify(read(text))).toBe(JSON.stringify(parse(text)));
    },
  );

  it.each([
    ['levels', '['.repeat(1001)],
    ['values', `[${'1,'.repeat(1_000_000)}1]`],
    ['keys in one object', `{${'"a":1,'.repeat(20_000)}"a":1}`],
    ['characters in one key', `{"${'k'.repeat(16_001)}":1}`],
  ])('stops at more %s than it reads', (what, text) => {
    const mistake = mistakeIn(text);
    expect(mistake.message).toMatch(new RegExp(`^more than \\d+ ${what}$`));
    expect(mistake.exceedsLimit).toBe(true);
  });

  it('makes a step of a few values at most', () => {
    const steps = readJson(`[${'{"a":"b"},'.repeat(10_000)}1]`);
    let count = 0;
    while (steps.next().done !== true) count += 1;
    expect(count).toBeGreaterThan(50);
  });
});
