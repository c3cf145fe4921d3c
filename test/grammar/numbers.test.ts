import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import type { Admits } from '../formats/native-grammar.ts';
import { grammarOf, validator } from './compile.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const RUNS = 200;

async function admitted(schema: JsonObject): Promise<Admits> {
  const { grammar, reasons } = grammarOf(schema);
  expect(reasons).toEqual([]);
  return compileGrammar(grammar);
}

describe('numbers', () => {
  covers('R3.3-bounds');

  const decimal = fc
    .tuple(fc.integer({ min: -25, max: 25 }), fc.constantFrom(0, 1, 2, 3), fc.nat(999))
    .map(([whole, places, digits]) => Number(`${whole}.${String(digits).slice(0, places)}`));
  const near = fc.constantFrom(0, 0.001, -0.001, 0.1, -0.1, 0.000001, 1, -1, 0.0999);

  it('within bounds with fractions are exact', async () => {
    await fc.assert(
      fc.asyncProperty(
        decimal,
        decimal,
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.tuple(decimal, near), { minLength: 3 }),
        async (one, other, isLowOpen, isHighOpen, more) => {
          const [low, high] = [
            Math.min(one, other),
            Number((Math.max(one, other) + 0.5).toFixed(3)),
          ];
          const schema: JsonObject = {
            type: 'number',
            [isLowOpen ? 'exclusiveMinimum' : 'minimum']: low,
            [isHighOpen ? 'exclusiveMaximum' : 'maximum']: high,
          };
          const admits = await admitted(schema);
          const isValid = validator(schema);
          const edges = [low, high].flatMap((edge) => [edge, edge + 0.001, edge - 0.001]);
          for (const value of [...edges, ...more.map(([base, step]) => base + step)]) {
            const text = String(Number(value.toFixed(6)));
            if (!/e/.test(text))
              expect([text, admits(text)]).toEqual([text, isValid(Number(text))]);
          }
        },
      ),
      { numRuns: propertyRuns(RUNS) },
    );
  });

  it('within bounds are multiples', async () => {
    const factor = fc.constantFrom(1, 2, 4, 5, 10, 20, 25, 50, 100, 1000);
    const whole = fc.integer({ min: -1500, max: 1500 });
    await fc.assert(
      fc.asyncProperty(factor, factor, whole, whole, async (one, other, low, high) => {
        const [minimum, maximum] = [Math.min(low, high), Math.max(low, high) + 1000];
        const schema = {
          type: 'number',
          minimum,
          maximum,
          multipleOf: one,
          allOf: [{ multipleOf: other }],
        };
        const admits = await admitted(schema);
        const isValid = validator(schema);
        const values = Array.from({ length: 60 }, (_unused, index) => [
          minimum + index,
          maximum - index,
          index * one,
        ]);
        for (const value of values.flat())
          expect([value, admits(String(value))]).toEqual([value, isValid(value)]);
      }),
      { numRuns: propertyRuns(RUNS) },
    );
  });

  it.each<{ schema: JsonObject; good: readonly string[]; bad: readonly string[] }>([
    { schema: { multipleOf: 1 }, good: ['0', '-7', '"a"'], bad: ['1.5', '"a'] },
    { schema: { multipleOf: 0.01 }, good: ['1', '1.5', '-0.25'], bad: ['0.001', '1.234'] },
    {
      schema: { multipleOf: 0.1, exclusiveMinimum: 0.25, maximum: 1 },
      good: ['0.3', '1', '1.0'],
      bad: ['0.2', '0.25', '0.26', '1.1'],
    },
    { schema: { multipleOf: 100 }, good: ['0', '100', '-1200'], bad: ['10', '150', '00'] },
    {
      schema: { type: 'integer', multipleOf: 5, minimum: 3, maximum: 4 },
      good: ['{"a":1}'],
      bad: ['5'],
    },
    { schema: { type: 'number', multipleOf: 7 }, good: ['7', '8'], bad: ['"7"'] },
    {
      schema: { type: 'number', exclusiveMinimum: 1.1 },
      good: ['1.2', '1.1000001', '20'],
      bad: ['1.1', '1.10', '1', '1.10000000000000000001'],
    },
    {
      schema: { type: 'number', minimum: 0.5, exclusiveMaximum: 0.75 },
      good: ['0.5', '0.50', '0.74999', '0.6'],
      bad: ['0.75', '0.4', '0', '1', '0.74999999999999999999'],
    },
  ])('$schema', async ({ schema, good, bad }) => {
    const admits = await compileGrammar(grammarOf(schema).grammar);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  });
});
