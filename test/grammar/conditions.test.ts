import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { unheldPlaces } from '../../src/grammar/unheld.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';
import { covers } from '../support/covers.ts';

interface Row {
  readonly what: string;
  readonly schema: JsonObject;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

/** Keyword `then`, which an object literal must not have: it would look like a promise. */
function then(schema: JsonObject): JsonObject {
  return JSON.parse(`{"then":${JSON.stringify(schema)}}`) as JsonObject;
}

const ROWS: readonly Row[] = [
  {
    what: 'not of types',
    schema: { not: { type: ['string', 'integer'] } },
    good: ['1.5', 'null', '[]', '{}', 'true', '-0.25'],
    bad: ['"a"', '1', '-20'],
  },
  {
    what: 'not of values',
    schema: { not: { enum: ['a', 'b"', 1, 2.5, null, true] } },
    good: ['"c"', '""', '"ab"', '0', '1.5', '2', '3', 'false', '[]', '{}'],
    bad: ['"a"', '"b\\""', '1', '2.5', 'null', 'true'],
  },
  {
    what: 'not of bounds and lengths',
    schema: {
      allOf: [
        { not: { type: 'number', minimum: 3 } },
        { not: { type: 'string', minLength: 2 } },
        { not: { type: 'array', maxItems: 0 } },
      ],
    },
    good: ['2', '2.75', '"a"', '[1]', 'null', '{}'],
    bad: ['3', '4.5', '"ab"', '[]'],
  },
  {
    what: 'not of properties',
    schema: {
      type: 'object',
      properties: { a: {}, b: {} },
      not: { required: ['b'], properties: { a: { const: 'x' } } },
    },
    good: ['{}', '{"a":"x"}', '{"a":"y","b":1}'],
    bad: ['{"a":"x","b":1}'],
  },
  {
    what: 'not of a reference, and of not',
    schema: { not: { $ref: '#/$defs/a' }, $defs: { a: { not: { type: 'null' } } } },
    good: ['null'],
    bad: ['1', '{}'],
  },
  {
    what: 'an enum without the values that are excluded',
    schema: { enum: ['a', 'b', 1, 2, 3], not: { enum: ['b', 2] }, maximum: 2 },
    good: ['"a"', '1'],
    bad: ['"b"', '2', '3'],
  },
  {
    what: 'an enum without the values that other keywords exclude',
    schema: {
      enum: ['a', 'bb', 'ccc', 1, 3, 4, [], [1, 2], { a: 1 }, { b: 1 }, { a: 1, b: 2, c: 3 }],
      allOf: [{ minLength: 2, maxLength: 2 }, { required: ['a'] }],
      multipleOf: 3,
      minItems: 1,
      maxProperties: 2,
    },
    good: ['"bb"', '3', '[1,2]', '{"a":1}'],
    bad: ['"a"', '"ccc"', '1', '4', '[]', '{"b":1}', '{"a":1,"b":2,"c":3}'],
  },
  {
    what: 'if, then and else',
    schema: {
      type: 'object',
      properties: { kind: { enum: ['x', 'y'] }, size: { type: 'integer' }, why: {} },
      required: ['kind'],
      if: { properties: { kind: { const: 'x' } } },
      ...then({ required: ['size'] }),
      else: { required: ['why'], properties: { size: false } },
    },
    good: ['{"kind":"x","size":1}', '{"kind":"y","why":1}', '{"kind":"x","size":1,"why":2}'],
    bad: ['{"kind":"x"}', '{"kind":"y"}', '{"kind":"y","size":1,"why":2}'],
  },
  {
    what: 'then where if can’t be negated',
    schema: { if: { pattern: '^a' }, ...then({ const: 'ab' }), else: { type: 'integer' } },
    good: ['"ab"', '3'],
    bad: ['"b"', '"ac"', 'null'],
  },
  {
    what: 'properties that require others',
    schema: {
      type: 'object',
      properties: { a: {}, b: {}, c: { type: 'integer' } },
      dependentRequired: { a: ['b'] },
      dependentSchemas: { b: { properties: { c: { minimum: 3 } } } },
    },
    good: ['{}', '{"c":1}', '{"b":1}', '{"a":1,"b":1,"c":3}', '{"d":1}'],
    bad: ['{"a":1}', '{"b":1,"c":2}', '{"a":1,"c":3}'],
  },
  {
    what: 'properties that require others, as in draft 7',
    schema: { type: 'object', properties: { a: {}, b: {} }, dependencies: { a: ['b'] } },
    good: ['{}', '{"b":1}', '{"a":1,"b":1}'],
    bad: ['{"a":1}'],
  },
  {
    what: 'exactly one of simple choices',
    schema: { oneOf: [{ type: 'integer' }, { minimum: 2 }] },
    good: ['1', '2.5', '"a"'],
    bad: ['1.5', '3'],
  },
];

describe('conditions', () => {
  covers('R3.3-combined');

  it.each(ROWS)('$what', async ({ schema, good, bad }) => {
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    const admits = await compileGrammar(grammar);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  });

  it('are not searched without end through references', () => {
    const refs = Array.from({ length: 60 }, () => ({ $ref: '#/$defs/a' }));
    const schema = {
      not: { anyOf: refs },
      $defs: { a: { anyOf: refs.map((one) => ({ ...one })) } },
    };
    expect(unheldPlaces(schema)).toEqual(['#/not']);
    expect(grammarOf(schema).reasons).toEqual([]);
  });

  it('do not multiply without measure', () => {
    const names = Array.from({ length: 40 }, (_unused, index) => `p${index}`);
    const schema = {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
      dependentRequired: Object.fromEntries(names.map((name) => [name, ['p0']])),
      not: { required: names },
    };
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    expect(grammar.length).toBeLessThan(400_000);
  });
});
