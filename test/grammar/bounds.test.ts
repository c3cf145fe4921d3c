import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import type { Admits } from '../formats/native-grammar.ts';
import { grammarOf, validator } from './compile.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

describe('bounds, patterns and formats', () => {
  covers('R3.3-bounds', 'R3.3-degrades');

  async function admitted(schema: JsonObject): Promise<Admits> {
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    return compileGrammar(grammar);
  }

  const anyWhole = fc.oneof(fc.integer({ min: -120, max: 120 }), fc.maxSafeInteger());

  it('of integers are exact', async () => {
    await fc.assert(
      fc.asyncProperty(anyWhole, anyWhole, fc.array(anyWhole), async (one, other, more) => {
        const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
        const admits = await admitted({ type: 'integer', minimum, maximum });
        for (const edge of [minimum, maximum, ...more])
          for (const value of [edge - 1, edge, edge + 1])
            if (Number.isSafeInteger(value))
              expect([value, admits(`${value}`)]).toEqual([
                value,
                minimum <= value && value <= maximum,
              ]);
      }),
      { numRuns: propertyRuns(300) },
    );
  });

  it('of numbers are exact for integers', async () => {
    const whole = fc.integer({ min: -30, max: 30 });
    const value = fc.tuple(whole, fc.constantFrom('', '.0', '.5', '.000001', '.999999'));
    await fc.assert(
      fc.asyncProperty(
        whole,
        whole,
        fc.boolean(),
        fc.array(value),
        async (one, other, open, values) => {
          const schema = open
            ? {
                type: 'number',
                exclusiveMinimum: Math.min(one, other),
                exclusiveMaximum: Math.max(one, other) + 1,
              }
            : { type: 'number', minimum: Math.min(one, other), maximum: Math.max(one, other) };
          const admits = await admitted(schema);
          const isValid = validator(schema);
          for (const [digits, fraction] of values) {
            const text = `${digits}${fraction}`;
            expect([text, admits(text)]).toEqual([text, isValid(Number(text))]);
          }
        },
      ),
      { numRuns: propertyRuns(300) },
    );
  });

  it.each<{ schema: JsonObject; good: readonly string[]; bad: readonly string[] }>([
    {
      schema: { type: 'string', minLength: 2, maxLength: 3 },
      good: ['"ab"', '"世界"', String.raw`"\n\u00e9\\"`, String.raw`"\ud83d\ude00x"`],
      bad: ['"a"', '"abcd"', String.raw`"\ud83d\ude00"`, String.raw`"\ud83dab"`],
    },
    {
      schema: { type: 'string', minLength: 2, maxLength: 100_000 },
      good: [JSON.stringify('a'.repeat(3000))],
      bad: ['"a"'],
    },
    { schema: { type: 'array', maxItems: 2 }, good: ['[]', '[1,2]'], bad: ['[1,2,3]'] },
    {
      schema: { type: 'array', items: { const: 1 }, minItems: 2, maxItems: 100_000 },
      good: ['[1,1]', `[1${',1'.repeat(400)}]`],
      bad: ['[1]'],
    },
    { schema: { type: 'array', items: false }, good: ['[]'], bad: ['[1]'] },
    {
      schema: {
        type: 'array',
        prefixItems: [{ const: 1 }, { const: 2 }],
        items: { const: 3 },
        minItems: 1,
        maxItems: 4,
      },
      good: ['[1]', '[1,2]', '[1,2,3,3]'],
      bad: ['[]', '[2]', '[1,3]', '[1,2,3,3,3]'],
    },
    {
      schema: { type: 'array', prefixItems: [{ const: 1 }, false, { const: 3 }] },
      good: ['[]', '[1]'],
      bad: ['[1,3]'],
    },
    {
      schema: { type: 'array', items: [{ const: 1 }], additionalItems: { const: 2 } },
      good: ['[]', '[1,2,2]'],
      bad: ['[2]', '[1,1]'],
    },
    {
      schema: { type: 'array', items: [{ const: 1 }] },
      good: ['[1]', '[]', '[1,1]', '[1,"x",[]]'],
      bad: ['[2]'],
    },
    // What a double would round to an excluded bound is beyond it too.
    {
      schema: { type: 'number', exclusiveMinimum: -1, exclusiveMaximum: 1 },
      good: ['0.30000000000000004', '-0.999999', '0.9999999999999', '0.99999999'],
      bad: ['0.99999999999999999', '-0.99999999999999999', '1.0', '-1'],
    },
    {
      schema: { type: 'number', exclusiveMinimum: 1334 },
      good: ['1334.0000001', '1335'],
      bad: ['1334.00000000000001', '1334.0', '1334'],
    },
    { schema: { minimum: 2, exclusiveMinimum: true }, good: ['3', '2.5'], bad: ['2', '1'] },
    { schema: { type: 'string', pattern: 'b+' }, good: ['"b"', '"abbc"', '"\\"b"'], bad: ['"ac"'] },
    {
      schema: { type: 'string', pattern: '^(?:a|bc){2,3}?$' },
      good: ['"abc"', '"aaa"'],
      bad: ['"a"', '"bcbcbcbc"'],
    },
    {
      schema: { type: 'string', pattern: '^[\\w.-]+\\/\\x41\\u0042[^a-c\\]]$' },
      good: ['"a-b.c/ABd"'],
      bad: ['"a/ABb"', '"a/AB]"'],
    },
    {
      schema: { type: 'string', pattern: '^.$' },
      good: ['"a"', '"世"', '"\\t"'],
      bad: ['"\\n"', '""', '"ab"'],
    },
    {
      schema: { type: 'string', pattern: '^(?!x).*$' },
      good: ['"anything"', '""'],
      bad: ['1', 'null'],
    },
    { schema: { type: 'string', pattern: '^(a*)*$' }, good: ['"aa"'], bad: ['null'] },
    {
      schema: { type: 'string', pattern: '(', format: 'uuid' },
      good: ['"123e4567-e89b-12d3-a456-426614174000"'],
      bad: ['"x"'],
    },
    {
      schema: { type: 'string', format: 'date' },
      good: ['"2024-02-29"', '"2000-02-29"', '"1999-12-31"'],
      bad: ['"2023-02-29"', '"1900-02-29"', '"2024-04-31"', '"24-1-1"'],
    },
    { schema: { type: 'string', format: 'made-up' }, good: ['"anything"'], bad: ['null'] },
  ])('$schema', async ({ schema, good, bad }) => {
    const admits = await admitted(schema);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  });

  const nested = (levels: number): JsonObject =>
    levels === 0 ? { type: 'integer' } : { type: 'array', items: nested(levels - 1) };
  const many = Object.fromEntries(
    Array.from({ length: 6000 }, (_unused, index) => [
      `p${index}`,
      { type: 'string', maxLength: index },
    ]),
  );

  it.each<{ what: string; schema: JsonObject; reason: string; good: string }>([
    {
      what: 'a reference to nowhere at the root',
      schema: { $ref: '#/$defs/none' },
      reason: '#/$defs/none',
      good: '{"a":1}',
    },
    {
      what: 'a reference to nowhere in a property',
      schema: { type: 'object', properties: { a: { $ref: 'https://a.b/c' } } },
      reason: 'https://a.b/c',
      good: '{"a":[1]}',
    },
    {
      what: 'absurd nesting',
      schema: nested(100),
      reason: `deeper than 64 levels (at #${'/items'.repeat(65)})`,
      good: '{"a":1}',
    },
    {
      what: 'too many parts',
      schema: { type: 'object', properties: many },
      reason: 'more than 5000',
      good: '{"a":1}',
    },
    {
      what: 'an object that must contain itself',
      schema: { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] },
      reason: 'no value is valid against it (at #)',
      good: '{"a":1}',
    },
    {
      what: 'a required property that can’t be',
      schema: {
        type: 'object',
        properties: {
          a: { anyOf: [{ minimum: 3, maximum: 2 }, { type: 'string' }] },
          b: { $ref: '#/$defs/b' },
        },
        required: ['b'],
        $defs: { b: { type: 'array', minItems: 2, maxItems: 1 } },
      },
      reason: 'no value is valid against it (at #/$defs/b)',
      good: '{"a":1}',
    },
    { what: 'nothing at all', schema: { allOf: [false] }, reason: 'no value is valid', good: '{}' },
  ])('$what is said once', async ({ schema, reason, good }) => {
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toContain(reason);
    const admits = await compileGrammar(grammar);
    expect(admits(good)).toBe(true);
    expect(admits('[]')).toBe(false);
  });

  it('do not let a grammar grow without measure', () => {
    const words = Array.from({ length: 10_000 }, (_unused, index) => `word ${index}`);
    const schema = {
      type: 'object',
      properties: {
        one: { enum: words, type: 'string' },
        two: { type: 'string', minLength: 9999, maxLength: 100_000 },
        three: {
          allOf: Array.from({ length: 20 }, () => ({
            anyOf: [{ minLength: 1 }, { maxLength: 9 }],
          })),
        },
        four: { type: 'string', pattern: `^${'(a{0,200}b?)'.repeat(50)}$` },
      },
    };
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    expect(grammar.length).toBeLessThan(20_000);
  });
});
