import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { argumentsOf } from './compile.ts';
import { covers } from '../support/covers.ts';

interface Row {
  readonly what: string;
  readonly schema: JsonObject;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    what: 'no properties that the schema does not mention',
    schema: { type: 'object', properties: { a: {} } },
    good: ['{}', '{"a":1}'],
    bad: ['{"b":1}', '{"a":1,"b":1}'],
  },
  {
    what: 'others if the schema allows them',
    schema: { type: 'object', properties: { a: {} }, additionalProperties: true },
    good: ['{"a":1,"b":1}'],
    bad: ['{"b":1,"a":1}'],
  },
  {
    what: 'any properties if the schema names none',
    schema: { type: 'object' },
    good: ['{"a":{"b":1}}'],
    bad: ['[]'],
  },
  {
    what: 'any properties if a condition names some',
    schema: { type: 'object', not: { required: ['c'] } },
    good: ['{"a":1}'],
    bad: ['{"c":1}'],
  },
  {
    what: 'the type that keywords imply',
    schema: { items: { type: 'integer' } },
    good: ['[1,2]'],
    bad: ['["x"]', '1'],
  },
  {
    what: 'no items after a tuple',
    schema: { type: 'array', prefixItems: [{ const: 1 }] },
    good: ['[1]', '[]'],
    bad: ['[1,1]'],
  },
];

describe('the arguments of a tool have', () => {
  covers('R3.3-objects', 'R3.3-additional');

  it.each(ROWS)('$what', async ({ schema, good, bad }) => {
    const { grammar, reasons } = argumentsOf(schema);
    expect(reasons).toEqual([]);
    const admits = await compileGrammar(grammar);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  });
});
