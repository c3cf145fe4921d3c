import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { removeValue, setValue } from '../../../src/launch/settings/json-text.ts';
import { covers } from '../../support/covers.ts';

describe('setValue', () => {
  covers('R5.1-config');

  it.each([
    ['{}\n', ['a', 'b'], '{\n  "a": {\n    "b": 1\n  }\n}\n'],
    ['{"x":2}', ['a'], '{"x":2, "a": 1}'],
    ['{ "x": 2 }', ['a', 'b'], '{ "x": 2, "a": {"b":1} }'],
    [
      '{\n\t"x": {\n\t\t"y": 2,\n\t}\n}',
      ['x', 'z'],
      '{\n\t"x": {\n\t\t"y": 2,\n\t\t"z": 1,\n\t}\n}',
    ],
    ['{\r\n  "x": 2\r\n}', ['a', 'b'], '{\r\n  "x": 2,\r\n  "a": {\r\n    "b": 1\r\n  }\r\n}'],
    ['{ "x": { "y": [1,\n2] } }', ['x', 'y'], '{ "x": { "y": 1 } }'],
    ['{\n    "x": {}\n}', ['x', 'y'], '{\n    "x": {\n        "y": 1\n    }\n}'],
    ['{\n  // mine\n}', ['a'], '{\n  "a": 1\n  // mine\n}'],
  ])('%j at %j becomes %j', (text, path, expected) => {
    expect(setValue(text, path, 1)).toBe(expected);
  });

  it('keeps every other character', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const theirs = fc.dictionary(key, fc.oneof(fc.string(), fc.array(fc.integer())), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(theirs, fc.constantFrom(0, 2, '\t'), (settings, indent) => {
        const text = JSON.stringify({ theirs: settings, last: 0 }, undefined, indent);
        const set = setValue(text, ['theirs', 'ours'], 'x');
        expect(parse(set)).toEqual({ theirs: { ...settings, ours: 'x' }, last: 0 });
        const undone = removeValue(set, ['theirs', 'ours']);
        expect(undone.replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
        if (Object.keys(settings).length > 0) expect(undone).toBe(text);
      }),
    );
  });
});
