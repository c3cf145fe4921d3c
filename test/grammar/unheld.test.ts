import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { STRING_FORMATS } from '../../src/grammar/formats.ts';
import { UNHELD_KEYWORDS, unheldPlaces } from '../../src/grammar/unheld.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { compileGrammar } from '../formats/native-grammar.ts';
import { grammarOf } from './compile.ts';

const LONG = Array.from({ length: 2001 }, (_, index) => `v${index}`);

describe('the keywords that no grammar enforces', () => {
  it.each<readonly [JsonObject, readonly string[]]>([
    [{ if: { pattern: 'a' }, else: {} }, ['#/if']],
    [
      { properties: { a: { not: { format: 'date' } }, 'b/c': { uniqueItems: true } } },
      ['#/properties/a/not', '#/properties/b~1c/uniqueItems'],
    ],
    [{ items: { contains: { format: 'date' }, maxContains: 1 } }, ['#/items/contains']],
    [{ contains: {}, minContains: 17 }, ['#/contains']],
    [{ prefixItems: [{}, { multipleOf: 7 }] }, ['#/prefixItems/1/multipleOf']],
    [
      {
        anyOf: [{ dependentSchemas: { a: { multipleOf: 7 } } }],
        $defs: { x: { maxProperties: 300 } },
      },
      ['#/$defs/x/maxProperties', '#/anyOf/0/dependentSchemas/a/multipleOf'],
    ],
    [
      { patternProperties: { '^a': { minProperties: 400 } } },
      ['#/patternProperties/^a/minProperties'],
    ],
    [{ format: 'regex' }, ['#/format']],
    [{ pattern: '^(?!x)' }, ['#/pattern']],
    [{ pattern: '^a+-b+$', minLength: 4, maxLength: 9 }, ['#/maxLength', '#/minLength']],
    [{ pattern: 'ab', maxLength: 9 }, ['#/maxLength']],
    [{ pattern: '^a', format: 'date' }, ['#/format']],
    [{ format: 'uri', minLength: 1, maxLength: 2083 }, ['#/maxLength']],
    [
      { additionalProperties: { propertyNames: { pattern: '(a)\\1' } } },
      ['#/additionalProperties/propertyNames/pattern'],
    ],
  ])('of %j are at %j', (schema, places) => {
    expect(unheldPlaces(schema)).toEqual(places);
  });

  it('include lists of too many values, or of too many characters', () => {
    const text = 'a'.repeat(70_000);
    const properties = { a: { enum: LONG }, b: { enum: [text] }, c: { const: text } };
    const places = ['#/properties/a/enum', '#/properties/b/enum', '#/properties/c/const'];
    expect(unheldPlaces({ properties })).toEqual(places);
    expect(unheldPlaces({ enum: LONG.slice(1), const: 'v1' })).toEqual([]);
  });

  it('include patterns and formats of listed values', () => {
    expect(unheldPlaces({ enum: ['a', 'b1'], pattern: '^[a-z]+$' })).toEqual(['#/pattern']);
    expect(unheldPlaces({ const: '2024-02-30', format: 'date' })).toEqual(['#/format']);
  });

  it('are searched for in so many values only', () => {
    const anyOf = Array.from({ length: 200_000 }, () => ({ not: { pattern: 'a' } }));
    const budget = { left: 1000 };
    expect(unheldPlaces({ anyOf }, budget).length).toBeLessThan(1000);
    expect(budget.left).toBeLessThanOrEqual(0);
  });

  it.each<readonly [JsonObject]>([
    [{ type: 'object', properties: { if: {}, not: {} }, required: ['if'] }],
    [{ uniqueItems: false, minProperties: 1, format: 'date' }],
    [{ pattern: '^[a-z]{2}$' }],
    [{ not: { type: ['string', 'integer'], minimum: 3, required: ['a'] }, if: { const: 1 } }],
    [{ contains: { const: 1 }, maxContains: 2 }],
    [{ items: { enum: ['a', 'b'] }, uniqueItems: true, maxProperties: 3, minProperties: 2 }],
    [{ dependentRequired: { a: ['b'] }, unevaluatedItems: false }],
    [{ enum: [{ not: 1 }], const: { if: 1 }, default: { not: 1 }, examples: [{ not: 1 }] }],
    [{ pattern: '^[a-z]+$', minLength: 2, maxLength: 9 }],
    [{ pattern: '^[a-z]{2}-(?:a|bc)$', minLength: 4, maxLength: 5 }],
    [{ minLength: 2, maxLength: 9 }],
    [{ format: 'uuid', minLength: 36, maxLength: 36 }],
    [{ title: 'not', description: 'if', $comment: 'contains' }],
  ])('are not in %j', (schema) => {
    expect(unheldPlaces(schema)).toEqual([]);
  });

  it('are listed in the documentation, with the formats that are held', async () => {
    const url = new URL('../../docs/chat-formats.md', import.meta.url);
    const docs = await readFile(url, 'utf8');
    for (const keyword of [...UNHELD_KEYWORDS.keys(), ...STRING_FORMATS.keys()]) {
      expect(docs).toContain(`\`${keyword}\``);
    }
  });

  it('are found in a deep schema without exhausting the stack', () => {
    let schema: JsonObject = { not: { pattern: 'a' } };
    for (let depth = 0; depth < 20_000; depth++) schema = { items: schema };
    expect(unheldPlaces(schema)).toHaveLength(1);
  });
});

describe('the grammar of too many values', () => {
  it.each<readonly [string, JsonObject, readonly string[], readonly string[]]>([
    ['texts', { enum: LONG }, ['"v1"', '"w"'], ['1', 'null', '{}']],
    ['integers', { enum: [...LONG.keys()] }, ['1', '-7'], ['1.5', '"1"']],
    ['numbers', { type: 'number', enum: [0.5, ...LONG.keys()] }, ['1.5'], ['"1"']],
    ['texts and null', { enum: [null, ...LONG] }, ['null', '"w"'], ['1', '[]']],
    ['lists', { enum: LONG.map((one) => [one]) }, ['["v1"]', '[1]'], ['1', '{}']],
    ['objects', { enum: LONG.map((one) => ({ one })) }, ['{"one": "v1"}'], ['1', '[]']],
  ])('still enforces their type: %s', async (_of, schema, yes, no) => {
    const admits = await compileGrammar(grammarOf(schema).grammar);
    expect([...yes, ...no].filter(admits)).toEqual(yes);
  });
});
