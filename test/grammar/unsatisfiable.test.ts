import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { unsatisfiablePlace } from '../../src/grammar/unsatisfiable.ts';

describe('a schema that no value matches', () => {
  it.each<[string, JsonObject]>([
    ['#/enum', { enum: [] }],
    ['#/enum', { type: 'string', enum: [1, null] }],
    ['#/const', { type: 'integer', const: 'a' }],
    ['#/const', { type: 'integer', const: 1.5 }],
    ['#/type', { type: [] }],
    ['#/not', { not: {} }],
    ['#/minItems', { type: 'array', minItems: 2, maxItems: 1 }],
    ['#/minLength', { type: 'string', minLength: 2, maxLength: 1 }],
    ['#/minimum', { type: 'number', minimum: 2, maximum: 1 }],
    ['#/exclusiveMinimum', { type: ['integer'], exclusiveMinimum: 1, maximum: 1 }],
    ['#/minProperties', { type: 'object', minProperties: 2, maxProperties: 1 }],
    ['#/maxProperties', { type: 'object', required: ['a', 'b'], maxProperties: 1 }],
    ['#/properties/a', { type: 'object', required: ['a'], properties: { a: false } }],
    ['#/additionalProperties', { type: 'object', required: ['a'], additionalProperties: false }],
    ['#/items', { type: 'array', minItems: 1, items: false }],
    ['#/prefixItems/0', { type: 'array', minItems: 1, prefixItems: [false] }],
    ['#/allOf/1', { allOf: [{}, false] }],
    ['#/anyOf', { anyOf: [false, { enum: [] }] }],
    ['#/$ref', { $ref: '#/$defs/none', $defs: { none: { enum: [] } } }],
    [
      '#/properties/a~1b/items/enum',
      {
        type: 'object',
        required: ['a/b'],
        properties: { 'a/b': { type: 'array', minItems: 1, items: { enum: [] } } },
      },
    ],
  ])('is found at %s: %j', (place, schema) => {
    expect(unsatisfiablePlace(schema)).toBe(place);
  });

  it.each<[JsonObject]>([
    [{}],
    [{ minItems: 2, maxItems: 1 }],
    [{ type: ['array', 'null'], minItems: 2, maxItems: 1 }],
    [{ type: 'object', properties: { a: false } }],
    [
      {
        type: 'object',
        required: ['a'],
        patternProperties: { a: {} },
        additionalProperties: false,
      },
    ],
    [{ type: 'array', items: false }],
    [{ type: 'array', prefixItems: [{}], minItems: 1, items: false }],
    [{ type: 'number', minimum: 1, maximum: 1 }],
    [{ anyOf: [false, {}] }],
    [{ type: 'integer', const: 1 }],
    [{ type: 'number', enum: [1.5, 'a'] }],
    [{ not: { type: 'string' } }],
    [{ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }],
    [{ properties: { enum: { type: 'string' } }, required: ['enum'] }],
  ])('is not seen in %j', (schema) => {
    expect(unsatisfiablePlace(schema)).toBeUndefined();
  });

  it('is not searched beyond a budget', () => {
    const schema = { allOf: [{}, {}, { enum: [] }] };
    expect(unsatisfiablePlace(schema, { left: 3 })).toBeUndefined();
    expect(unsatisfiablePlace(schema, { left: 4 })).toBe('#/allOf/2/enum');
  });
});
