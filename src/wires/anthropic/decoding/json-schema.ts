import type { JsonObject, JsonValue } from '../../../core/json.ts';
import { isJsonArray, isJsonObject } from '../../../core/json.ts';
import { pointTo } from '../../../core/json-pointer.ts';

const TYPES: readonly unknown[] = [
  'string',
  'number',
  'integer',
  'boolean',
  'object',
  'array',
  'null',
];

/**
 * First invalid place of a JSON Schema, as a JSON pointer; undefined if there is none. Checks the mistakes
 * that clients make and that break engines. Unknown keywords are accepted.
 *
 * @see https://json-schema.org/draft/2020-12
 */
export function schemaFault(schema: JsonObject, at = '#'): string | undefined {
  return firstFault(Object.entries(schema), at, keywordFault);
}

function keywordFault(value: JsonValue, at: string, keyword: string): string | undefined {
  switch (keyword) {
    case 'type':
      return (Array.isArray(value) ? value.every(isType) : isType(value)) ? undefined : at;
    case 'properties':
    case 'patternProperties':
    case '$defs':
    case 'definitions':
      return isJsonObject(value) ? firstFault(Object.entries(value), at, subschemaFault) : at;
    case 'required':
      return Array.isArray(value) && value.every((name) => typeof name === 'string')
        ? undefined
        : at;
    case 'enum':
      return Array.isArray(value) ? undefined : at;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return isJsonArray(value) && value.length > 0 ? listFault(value, at) : at;
    case 'items':
      // Older drafts write tuples as a list.
      return isJsonArray(value) ? listFault(value, at) : subschemaFault(value, at);
    case 'additionalProperties':
    case 'propertyNames':
    case 'not':
      return subschemaFault(value, at);
    default:
      return undefined;
  }
}

function subschemaFault(value: JsonValue, at: string): string | undefined {
  if (typeof value === 'boolean') return undefined;
  return isJsonObject(value) ? schemaFault(value, at) : at;
}

function listFault(values: readonly JsonValue[], at: string): string | undefined {
  return firstFault(values.entries(), at, subschemaFault);
}

function firstFault<Key extends string | number>(
  entries: Iterable<readonly [Key, JsonValue]>,
  at: string,
  faultOf: (value: JsonValue, at: string, key: Key) => string | undefined,
): string | undefined {
  for (const [key, value] of entries) {
    const fault = faultOf(value, pointTo(at, key), key);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isType(value: unknown): boolean {
  return TYPES.includes(value);
}

/**
 * First object type in a schema that allows additional properties, as a JSON pointer; undefined if there is
 * none. The API requires `additionalProperties: false` in output formats.
 */
export function openObject(schema: JsonValue, at = '#'): string | undefined {
  if (isJsonArray(schema)) return firstFault(schema.entries(), at, openObject);
  if (!isJsonObject(schema)) return undefined;
  const { type, enum: _values, const: _value, ...rest } = schema;
  const isOpen = (Array.isArray(type) ? type : [type]).includes('object');
  if (isOpen && schema['additionalProperties'] !== false) return at;
  return firstFault(Object.entries(rest), at, openObject);
}
