import { isRecord, type JsonObject, type JsonValue } from '../../../core/json.ts';
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
 * The first place where an object is no JSON Schema, as a JSON pointer; undefined if it is one, as far as
 * clients get it wrong and engines stumble over it: https://json-schema.org/draft/2020-12. Keywords that
 * it does not know are free.
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
      return isObject(value) ? firstFault(Object.entries(value), at, subschemaFault) : at;
    case 'required':
      return Array.isArray(value) && value.every((name) => typeof name === 'string')
        ? undefined
        : at;
    case 'enum':
      return Array.isArray(value) ? undefined : at;
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return isList(value) && value.length > 0 ? listFault(value, at) : at;
    case 'items':
      // A list is the older drafts' way to write a tuple.
      return isList(value) ? listFault(value, at) : subschemaFault(value, at);
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
  return isObject(value) ? schemaFault(value, at) : at;
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

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Within JSON an object's members are JSON. */
function isObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/**
 * The first object that a schema describes and does not close, which the API asks of an output format, as
 * a JSON pointer; undefined if all are closed.
 */
export function openObject(schema: JsonValue, at = '#'): string | undefined {
  if (isList(schema)) return firstFault(schema.entries(), at, openObject);
  if (!isObject(schema)) return undefined;
  const { type, enum: _values, const: _value, ...rest } = schema;
  const isOpen = (Array.isArray(type) ? type : [type]).includes('object');
  if (isOpen && schema['additionalProperties'] !== false) return at;
  return firstFault(Object.entries(rest), at, openObject);
}
