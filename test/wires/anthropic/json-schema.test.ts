import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { openObject, schemaFault } from '../../../src/wires/anthropic/decoding/json-schema.ts';

describe('the check of JSON Schemas', () => {
  it.each<readonly [JsonObject, string]>([
    [{ type: 'text' }, '#/type'],
    [{ type: ['string', 'text'] }, '#/type'],
    [{ properties: [] }, '#/properties'],
    [{ properties: { 'a/b': { type: 7 } } }, '#/properties/a~1b/type'],
    [{ properties: { 'c~d': 'string' } }, '#/properties/c~0d'],
    [{ $defs: { x: { required: [1] } } }, '#/$defs/x/required'],
    [{ required: true }, '#/required'],
    [{ enum: 'a' }, '#/enum'],
    [{ anyOf: [] }, '#/anyOf'],
    [{ anyOf: [{}, { not: 1 }] }, '#/anyOf/1/not'],
    [{ items: [{}, { items: { type: 'x' } }] }, '#/items/1/items/type'],
    [{ additionalProperties: 'no' }, '#/additionalProperties'],
  ])('refuses %j at %s', (schema, place) => {
    expect(schemaFault(schema)).toBe(place);
  });

  it.each<readonly [JsonObject]>([
    [{}],
    [{ type: 'object', properties: { a: true, b: { type: ['string', 'null'] } } }],
    [{ items: [{}, true], anyOf: [{ type: 'array' }], default: { type: 'text' } }],
  ])('accepts %j', (schema) => {
    expect(schemaFault(schema)).toBeUndefined();
  });

  it.each<readonly [JsonObject, string | undefined]>([
    [{ type: 'object' }, '#'],
    [{ type: 'array', items: { type: ['object', 'null'] } }, '#/items'],
    [
      {
        type: 'object',
        additionalProperties: false,
        properties: { a: { anyOf: [{}, { type: 'object' }] } },
      },
      '#/properties/a/anyOf/1',
    ],
    [{ enum: [{ type: 'object' }], const: { type: 'object' } }, undefined],
  ])('finds the first open object of %j at %s', (schema, place) => {
    expect(openObject(schema)).toBe(place);
  });
});
