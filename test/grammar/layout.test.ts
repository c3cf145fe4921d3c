import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { lazyRules } from '../../src/grammar/gbnf-parser.ts';
import { ObservedLayout } from '../../src/grammar/layout.ts';
import { GrammarPosition } from '../../src/grammar/position.ts';
import { grammarOf } from './compile.ts';

const object = (properties: JsonObject): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const DIGIT = { enum: [1, 2] };
const PAIRS = { type: 'array', minItems: 3, items: object({ a: DIGIT, b: DIGIT }) };
const LIST = { type: 'array', items: DIGIT };

function forcedAfter(schema: JsonObject, text: string): string {
  const { grammar } = grammarOf(schema);
  const position = new GrammarPosition(lazyRules(grammar), new ObservedLayout());
  position.accept(text);
  return position.forced;
}

describe('the layout that a model chose', () => {
  it.each<[string, JsonObject, string, string]>([
    ['is unknown at first', PAIRS, '[', ''],
    [
      'is repeated in the next item',
      PAIRS,
      '[\n  {\n    "a": 1,\n    "b": 2\n  },',
      '\n  {\n    "a": ',
    ],
    ['is repeated after the next entry', PAIRS, '[{"a":1,"b":2},{"a":1', ',"b":'],
    ['is repeated at the end of an item', PAIRS, '[{"a": 1, "b": 2}, {"a": 1, "b": 1', '}, {"a": '],
    ['is the last one after a change', PAIRS, '[{"a": 1, "b": 2},\n{"a":1', ', "b":'],
    [
      'is not taken for that of another property',
      object({ x: LIST, y: { ...LIST, minItems: 2 } }),
      '{"x": [\n1,\n2], "y": [1',
      ',',
    ],
    [
      'does not suggest an item where the array may be empty',
      object({ x: { ...LIST, minItems: 1 }, y: { type: 'array', minItems: 2, items: LIST } }),
      '{"x": [1], "y": [ [ 1 ], [',
      '',
    ],
    ['is not read from strings', object({ a: { enum: ['{ , '] }, b: DIGIT }), '{"a":"{ , "', ','],
  ])('%s', (_name, schema, text, forced) => {
    expect(forcedAfter(schema, text)).toBe(forced);
  });
});
