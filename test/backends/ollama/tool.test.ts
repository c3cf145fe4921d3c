import { describe, expect, it } from 'vitest';
import { toTool } from '../../../src/backends/ollama/tool.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { toolSpec } from './requests.ts';
import { covers } from '../../support/covers.ts';

function written(inputSchema: JsonObject) {
  return toTool(toolSpec('look', inputSchema)).function;
}

const object = { type: 'object', properties: {} };

describe('a tool’s schema as Ollama can read it', () => {
  covers('R4.1-tools');

  it.each<{ name: string; place: JsonValue; property: JsonObject }>([
    { name: 'what it knows', place: { type: 'string' }, property: { type: 'string' } },
    { name: 'several types', place: { type: ['a', 'null'] }, property: { type: ['a', 'null'] } },
    { name: 'any value', place: true, property: {} },
    { name: 'one value', place: { const: 1 }, property: { enum: [1] } },
    { name: 'one of several', place: { oneOf: [true] }, property: { anyOf: [{}] } },
    {
      name: 'a bound',
      place: { type: 'integer', description: 'How many', minimum: 1 },
      property: { type: 'integer', description: 'How many (JSON Schema: {"minimum":1})' },
    },
    {
      name: 'a reference',
      place: { $ref: '#/$defs/a' },
      property: { description: 'JSON Schema: {"$ref":"#/$defs/a"}' },
    },
    {
      name: 'nested schemas',
      place: {
        type: 'object',
        properties: { a: false },
        required: ['a'],
        additionalProperties: false,
      },
      property: { type: 'object', properties: { a: {} }, required: ['a'] },
    },
    { name: 'lists', place: { items: { minimum: 1 } }, property: { items: { minimum: 1 } } },
    { name: 'nonsense', place: { type: 1, required: [1], enum: 2 }, property: {} },
  ])('keeps $name', ({ place, property }) => {
    expect(written({ ...object, properties: { at: place } }).parameters).toEqual({
      type: 'object',
      properties: { at: property },
    });
  });

  it.each<{ name: string; schema: JsonObject; parameters: JsonObject; suffix: string }>([
    { name: 'nothing', schema: {}, parameters: object, suffix: '' },
    { name: 'no parameters', schema: { type: 'object' }, parameters: object, suffix: '' },
    { name: 'several types', schema: { type: ['object'] }, parameters: object, suffix: '' },
    {
      name: 'a strict one',
      schema: { ...object, $schema: 'x', additionalProperties: false, required: [], $defs: {} },
      parameters: { ...object, required: [], $defs: {} },
      suffix: '',
    },
    {
      name: 'variants',
      schema: { ...object, anyOf: [{ required: ['a'] }] },
      parameters: object,
      suffix: ' (JSON Schema: {"anyOf":[{"required":["a"]}]})',
    },
  ])('keeps the root of $name', ({ schema, parameters, suffix }) => {
    expect(written(schema)).toEqual({
      name: 'look',
      description: `It does look.${suffix}`,
      parameters,
    });
  });
});
