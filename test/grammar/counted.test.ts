import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';
import { covers } from '../support/covers.ts';

interface Row {
  readonly what: string;
  readonly schema: JsonObject;
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

const LETTERS = ['a', 'b', 'c'];

const ROWS: readonly Row[] = [
  {
    what: 'an item that an array contains',
    schema: { contains: { const: 5 } },
    good: ['[5]', '[1,5,"x"]', '[5,5]', '"text"'],
    bad: ['[]', '[1,2]'],
  },
  {
    what: 'numbers of contained items',
    schema: { type: 'array', contains: { type: 'string' }, minContains: 1, maxContains: 2 },
    good: ['["a"]', '[1,"a",2,"b",3]'],
    bad: ['[]', '[1]', '["a","b","c"]', '["a",1,"b",2,"c"]'],
  },
  {
    what: 'contained items among a number of items',
    schema: {
      type: 'array',
      items: { type: 'integer' },
      contains: { minimum: 10 },
      minItems: 2,
      maxItems: 3,
    },
    good: ['[1,10]', '[12,3,4]', '[10,10]'],
    bad: ['[10]', '[1,2]', '[1,2,3,10]', '[1,"x",10]'],
  },
  {
    what: 'no contained items',
    schema: { type: 'array', contains: { type: 'null' }, minContains: 0, maxContains: 0 },
    good: ['[]', '[1]'],
    bad: ['[null]', '[1,null]'],
  },
  {
    what: 'distinct items of few values, in any order',
    schema: { type: 'array', items: { enum: LETTERS }, uniqueItems: true, minItems: 1 },
    good: ['["a"]', '["c","a"]', '["b","c","a"]'],
    bad: ['[]', '["a","a"]', '["a","b","a"]', '["d"]'],
  },
  {
    what: 'distinct items of a reference and a union',
    schema: {
      type: 'array',
      items: { anyOf: [{ $ref: '#/$defs/letter' }, { type: 'null' }] },
      uniqueItems: true,
      $defs: { letter: { enum: LETTERS } },
    },
    good: ['[]', '[null,"a"]'],
    bad: ['[null,null]', '["a",null,"a"]'],
  },
  {
    what: 'distinct items of a tuple',
    schema: { prefixItems: [{ type: 'boolean' }, { type: 'boolean' }], uniqueItems: true },
    good: ['[true,false]', '[false]', '[false,true,"x"]'],
    bad: ['[true,true]', '[false,false]'],
  },
  {
    what: 'no more distinct items than there are values',
    schema: { type: 'array', items: { enum: [1, 2, 3, 4, 5, 6, 7, 8] }, uniqueItems: true },
    good: ['[1,2,3,4,5,6,7,8]'],
    bad: ['[1,2,3,4,5,6,7,8,1]'],
  },
  {
    what: 'a number of properties',
    schema: {
      type: 'object',
      properties: { a: {}, b: {}, c: {} },
      required: ['b'],
      minProperties: 2,
      maxProperties: 3,
    },
    good: ['{"a":1,"b":1}', '{"b":1,"c":1,"d":1}', '{"b":1,"x":1}', '{"a":1,"b":1,"c":1}'],
    bad: ['{"b":1}', '{"a":1,"c":1}', '{"a":1,"b":1,"c":1,"d":1}', '{"b":1,"a":1}'],
  },
  {
    what: 'no properties',
    schema: { type: 'object', maxProperties: 0 },
    good: ['{}'],
    bad: ['{"a":1}'],
  },
  {
    what: 'arrays that contain arrays of their kind',
    schema: {
      type: 'array',
      items: { $ref: '#' },
      contains: { maxItems: 0 },
      minContains: 0,
      maxContains: 1,
    },
    good: ['[]', '[[]]', '[[[]]]'],
    bad: ['[[],[]]', '[[[],[]]]', '[1]'],
  },
];

describe('entries that are counted', () => {
  covers('R3.3-bounds', 'R3.3-objects');

  it.each(ROWS)('$what', async ({ schema, good, bad }) => {
    const { grammar, reasons } = grammarOf(schema);
    expect(reasons).toEqual([]);
    const admits = await compileGrammar(grammar);
    expect(good.filter((text) => !admits(text))).toEqual([]);
    expect(bad.filter((text) => admits(text))).toEqual([]);
  });

  it('are not enforced if they need too many rules', () => {
    const items = { type: 'array', contains: { type: 'null' }, maxItems: 10_000 };
    const names = Array.from({ length: 400 }, (_unused, index) => [`p${index}`, {}] as const);
    const object = { type: 'object', properties: Object.fromEntries(names), maxProperties: 40 };
    for (const schema of [items, object]) {
      const { grammar, reasons } = grammarOf(schema);
      expect(reasons).toEqual([]);
      expect(grammar.length).toBeLessThan(100_000);
    }
  });
});
