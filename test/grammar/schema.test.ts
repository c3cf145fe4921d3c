import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

interface Row {
  readonly what: string;
  readonly schema: JsonObject;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const AB: JsonObject = { a: { type: 'integer' }, b: { type: 'integer' } };

function parsed(json: string): JsonObject {
  return JSON.parse(json) as JsonObject;
}

function object(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, ...more };
}

const LAYOUT: readonly Row[] = [
  {
    what: 'optional properties are left out or there, in the order of the schema',
    schema: object({ a: {}, b: {}, c: {} }, { required: ['b'] }),
    good: ['{"b":1}', '{"a":1,"b":2}', '{"b":1,"c":2}', '{"a":1,"b":2,"c":3}'],
    bad: ['{}', '{"a":1}', '{"b":1,"a":2}', '{"b":1,"b":2}', '{,"b":1}', '{"b":1,}'],
  },
  {
    what: 'white space is short',
    schema: object(AB),
    good: ['{"a": 1,\n\t"b": 2 }', `{\n${' '.repeat(32)}"a": 1}`],
    bad: [`{\n${' '.repeat(33)}"a": 1}`, '{\n\n"a": 1}', '{"a":  1}', '{"a" : 1}', ' {}', '{} '],
  },
  {
    what: 'names of properties may contain anything',
    schema: object({
      'a"b\\': { const: 1 },
      'ü 世\n': { const: 2 },
      '': { const: 3 },
      '^-]': { const: 4 },
    }),
    good: [String.raw`{"a\"b\\":1,"ü 世\n":2,"":3,"^-]":4}`],
    bad: [String.raw`{"a"b\\":1}`],
  },
  {
    what: 'a property may be called __proto__, root or value',
    schema: parsed(
      '{"type":"object","properties":{"__proto__":{"type":"object","properties":{"root":{"type":"array"}}},"value":{"type":"object","properties":{"value":{}}}},"additionalProperties":false}',
    ),
    good: ['{"__proto__":{"root":[1]}}', '{"value":{"value":{"x":[]}}}'],
    bad: ['{"__proto__":1}', '{"root":[1]}', '{"value":[]}'],
  },
];

const ADDITIONAL: readonly Row[] = [
  {
    what: 'properties that the schema does not mention come after those that it does',
    schema: object({ a: {} }),
    good: ['{}', '{"a":1}', '{"b":1}', '{"a":1,"b":[1],"":null}'],
    bad: ['{"b":1,"a":1}', '{"a":1,"a":1}', '{"a":1,"b"}'],
  },
  {
    what: 'other properties follow the known ones, and never have their names',
    schema: object(
      { a: { type: 'integer' }, ab: { type: 'integer' } },
      { additionalProperties: true },
    ),
    good: ['{"a":1,"x":"y","\\"":2}', '{"abc":"x","b":null,"":0}', '{"ab":1}'],
    bad: ['{"a":"x"}', '{"x":1,"ab":"x"}', '{"x":1,"a":1}', '{"\\u0061":"x"}'],
  },
  {
    what: 'others are as their schema says',
    schema: object({}, { additionalProperties: { type: 'integer' } }),
    good: ['{}', '{"x":1,"y":2}'],
    bad: ['{"x":"1"}'],
  },
  {
    what: 'an object of which nothing is said is any object',
    schema: { type: 'object' },
    good: ['{}', '{"a":{"b":[1,null]}}'],
    bad: ['[]', '1'],
  },
  {
    what: 'no object but the empty one',
    schema: { type: 'object', additionalProperties: false },
    good: ['{}'],
    bad: ['{"a":1}'],
  },
  {
    what: 'patterns of names, closed',
    schema: {
      type: 'object',
      patternProperties: { '^x-[a-z]+$': { type: 'integer' } },
      additionalProperties: false,
    },
    good: ['{}', '{"x-a":1,"x-bc":2}'],
    bad: ['{"y":1}', '{"x-a":"1"}', '{"x-":1}'],
  },
  {
    what: 'patterns that are prefixes, and other names',
    schema: object(
      { xyz: { type: 'null' } },
      { patternProperties: { '^x-': { type: 'integer' }, '^y': { type: 'string' } } },
    ),
    good: ['{}', '{"x-a":1,"y":"","z":[],"x":1,"":2}', '{"xyz":null,"yes":"a"}'],
    bad: ['{"x-a":"1"}', '{"y":1}', '{"x-":null}', '{"xyz":1}'],
  },
  {
    what: 'patterns alone',
    schema: { type: 'object', patternProperties: { '^x-': { type: 'integer' } } },
    good: ['{"x-a":1,"z":[]}'],
    bad: ['{"x-a":"1"}'],
  },
  {
    what: 'names of an enum, and at least one',
    schema: {
      type: 'object',
      propertyNames: { enum: ['a', 'b'] },
      additionalProperties: true,
      minProperties: 1,
    },
    good: ['{"a":1}', '{"b":1,"a":2}'],
    bad: ['{}', '{"c":1}'],
  },
  {
    what: 'required ones that are no properties',
    schema: object({ a: {} }, { required: ['z'], additionalProperties: { type: 'integer' } }),
    good: ['{"z":1}', '{"a":"x","z":1,"y":2}'],
    bad: ['{"a":1}', '{"z":"x"}'],
  },
  {
    what: 'a property that can never be valid is left out',
    schema: object({
      a: false,
      b: { enum: [] },
      c: { type: 'integer', minimum: 2, maximum: 1 },
      d: {},
    }),
    good: ['{}', '{"d":1}'],
    bad: ['{"a":1}', '{"b":1}', '{"c":1}'],
  },
];

const COMBINED: readonly Row[] = [
  {
    what: 'types that are unions',
    schema: { type: ['string', 'null', 'integer'] },
    good: ['"a"', 'null', '-3'],
    bad: ['true', '1.5', '{}'],
  },
  {
    what: 'type and enum',
    schema: { type: 'string', enum: ['a', 1, 'b', null] },
    good: ['"a"', '"b"'],
    bad: ['1', 'null'],
  },
  {
    what: 'const of a structure',
    schema: { const: { a: [1, { b: null }], c: {} } },
    good: ['{"a":[1,{"b":null}],"c":{}}', '{"a": [1, {"b": null}], "c": {}}'],
    bad: ['{"a":[1],"c":{}}'],
  },
  {
    what: 'allOf meets: types, bounds, enums',
    schema: {
      allOf: [{ type: ['integer', 'string'] }, { type: 'number', minimum: 3 }, { maximum: 5 }],
    },
    good: ['3', '5'],
    bad: ['2', '6', '"x"', '3.5'],
  },
  {
    what: 'allOf meets enums of structures',
    schema: { allOf: [{ enum: [1, { a: 1, b: 2 }] }, { enum: [{ b: 2, a: 1 }, 2] }] },
    good: ['{"a":1,"b":2}'],
    bad: ['1', '2'],
  },
  {
    what: 'allOf joins objects, and what is closed stays closed',
    schema: {
      allOf: [
        object({ a: { type: 'integer' } }, { additionalProperties: false }),
        { properties: { a: { minimum: 2 } } },
      ],
    },
    good: ['{}', '{"a":2}'],
    bad: ['{"a":1}', '{"b":1}'],
  },
  {
    what: 'anyOf beside properties',
    schema: object(AB, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
    good: ['{"a":1}', '{"b":1}', '{"a":1,"b":2}'],
    bad: ['{}'],
  },
  {
    what: 'anyOf with a choice that is impossible',
    schema: {
      anyOf: [false, { type: 'null' }, { allOf: [{ type: 'string' }, { type: 'integer' }] }],
    },
    good: ['null'],
    bad: ['1', '"x"'],
  },
  {
    what: 'any value among the choices',
    schema: { anyOf: [{ type: 'integer' }, {}] },
    good: ['1', '{"a":[true]}'],
    bad: ['', 'x'],
  },
  {
    what: 'nothing said',
    schema: { description: 'anything' },
    good: ['1', 'null', '"x"', '[]', '{"a":{}}'],
    bad: ['', '{a:1}', "'x'"],
  },
  {
    what: 'keywords of one type say nothing of others',
    schema: { items: { type: 'integer' }, minimum: 3, minLength: 2, required: ['a'] },
    good: ['[1,2]', '3', '"ab"', '{"a":1,"b":2}', 'null', 'true'],
    bad: ['["x"]', '2', '"a"', '{"b":1}'],
  },
  {
    what: 'keywords that a grammar cannot enforce are permissive',
    schema: {
      type: 'array',
      items: { type: 'integer', multipleOf: 7, not: { pattern: 'a' } },
      uniqueItems: true,
      contains: { pattern: 'a' },
      maxContains: 0,
      minContains: 0,
    },
    good: ['[1,1]', '[]'],
    bad: ['["x"]', 'null'],
  },
];

const REFERENCES: readonly Row[] = [
  {
    what: 'to the root',
    schema: object({ v: { type: 'integer' }, next: { $ref: '#' } }, { required: ['v'] }),
    good: ['{"v":1}', '{"v":1,"next":{"v":2,"next":{"v":3}}}'],
    bad: ['{"next":{"v":1}}', '{"v":1,"next":{}}'],
  },
  {
    what: 'by pointer through escapes and arrays',
    schema: {
      $defs: { 'a/b ~': { anyOf: [{ type: 'null' }, { type: 'integer' }] } },
      $ref: '#/$defs/a~1b%20~0/anyOf/1',
    },
    good: ['1'],
    bad: ['null'],
  },
  {
    what: 'by anchor and by id',
    schema: {
      type: 'array',
      prefixItems: [{ $ref: '#here' }, { $ref: 'https://a.b/c' }],
      minItems: 2,
      $defs: { x: { $anchor: 'here', type: 'null' }, y: { $id: 'https://a.b/c', type: 'integer' } },
    },
    good: ['[null,1]'],
    bad: ['[1,null]'],
  },
  {
    what: 'with more beside it',
    schema: { $ref: '#/$defs/o', required: ['a'], $defs: { o: object(AB) } },
    good: ['{"a":1}'],
    bad: ['{}', '{"b":1}'],
  },
  {
    what: 'through allOf in a circle',
    schema: {
      $ref: '#/$defs/a',
      $defs: {
        a: { allOf: [{ $ref: '#/$defs/b' }, { type: 'integer' }] },
        b: { $ref: '#/$defs/a' },
      },
    },
    good: ['1'],
    bad: ['"x"'],
  },
  {
    what: 'whose end is in a union',
    schema: {
      $ref: '#/$defs/n',
      $defs: {
        n: {
          anyOf: [
            { type: 'null' },
            object({ next: { $ref: '#/$defs/n' } }, { required: ['next'] }),
          ],
        },
      },
    },
    good: ['null', '{"next":{"next":null}}'],
    bad: ['{}', '{"next":{}}'],
  },
];

describe('a schema', () => {
  covers(
    'R3.3-values',
    'R3.3-untyped',
    'R3.3-objects',
    'R3.3-additional',
    'R3.3-combined',
    'R3.3-references',
    'R3.3-degrades',
  );

  async function check({ schema, good, bad }: Row): Promise<void> {
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    const admits = await compileGrammar(grammar);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  }

  it.each(LAYOUT)('$what', check);
  it.each(ADDITIONAL)('$what', check);
  it.each(COMBINED)('$what', check);
  it.each(REFERENCES)('$what', check);

  const KEYWORDS = [
    'type',
    'enum',
    'const',
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'items',
    'prefixItems',
    'minItems',
    'maxItems',
    'minLength',
    'maxLength',
    'pattern',
    'format',
    'minimum',
    'exclusiveMaximum',
    'anyOf',
    'oneOf',
    'allOf',
    '$ref',
    '$defs',
    '$id',
    'minProperties',
  ];
  const keyword = fc.oneof(fc.constantFrom(...KEYWORDS), fc.string({ maxLength: 3 }));
  const word = fc.constantFrom<JsonValue>(
    'object',
    'array',
    'string',
    'integer',
    '#',
    '#/$defs/a',
    '^(a|[^b]+)*?$',
    '(',
    'date',
    'a',
    -1,
    0,
    1.5,
    1e300,
    true,
    false,
    null,
  );
  const nonsense = fc.letrec<{ node: JsonValue; object: JsonObject }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', maxDepth: 5 },
      word,
      fc.array(tie('node'), { maxLength: 3 }),
      tie('object'),
    ),
    object: fc.dictionary(keyword, tie('node'), { maxKeys: 5 }).map((one) => ({ ...one })),
  })).object;

  it('that makes no sense never fails, and its grammar compiles', async () => {
    await fc.assert(
      fc.asyncProperty(nonsense, async (schema) => {
        const { grammar, reasons } = grammarOf(schema);
        const admits = await compileGrammar(grammar);
        if (reasons.some((reason) => reason.includes('any JSON object')))
          expect(admits('{"a":[1]}')).toBe(true);
      }),
      { numRuns: propertyRuns(2000) },
    );
  });
});
