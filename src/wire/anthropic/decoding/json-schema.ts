import { isRecord, type JsonObject, type JsonValue } from '../../../core/json.ts';

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
 * Whether an object is a JSON Schema, as far as clients get it wrong and engines stumble over it:
 * https://json-schema.org/draft/2020-12. Keywords that it does not know are free.
 */
export function isJsonSchema(schema: JsonObject): boolean {
  return Object.entries(schema).every(([keyword, value]) => isKeyword(keyword, value));
}

function isKeyword(keyword: string, value: JsonValue): boolean {
  switch (keyword) {
    case 'type':
      return Array.isArray(value) ? value.every(isType) : isType(value);
    case 'properties':
    case 'patternProperties':
    case '$defs':
    case 'definitions':
      return isRecord(value) && Object.values(value).every(isSubschema);
    case 'required':
      return Array.isArray(value) && value.every((name) => typeof name === 'string');
    case 'enum':
      return Array.isArray(value);
    case 'anyOf':
    case 'oneOf':
    case 'allOf':
      return Array.isArray(value) && value.length > 0 && value.every(isSubschema);
    case 'items':
      // A list is the older drafts' way to write a tuple.
      return Array.isArray(value) ? value.every(isSubschema) : isSubschema(value);
    case 'additionalProperties':
    case 'propertyNames':
    case 'not':
      return isSubschema(value);
    default:
      return true;
  }
}

function isType(value: unknown): boolean {
  return TYPES.includes(value);
}

function isSubschema(value: unknown): boolean {
  return typeof value === 'boolean' || (isObject(value) && isJsonSchema(value));
}

/** Within JSON an object's members are JSON. */
function isObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/** Whether every object that the schema describes is closed, which the API asks of an output format. */
export function closesObjects(schema: JsonValue): boolean {
  if (Array.isArray(schema)) return schema.every((item: JsonValue) => closesObjects(item));
  if (!isObject(schema)) return true;
  const { type, enum: _values, const: _value, ...rest } = schema;
  const isOpen = (Array.isArray(type) ? type : [type]).includes('object');
  return (
    (!isOpen || schema['additionalProperties'] === false) &&
    Object.values(rest).every((value) => closesObjects(value))
  );
}
