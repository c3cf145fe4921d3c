import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';

/** What every server that takes schemas understands. */
const KEPT = new Set([
  'type',
  'title',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'anyOf',
  'allOf',
  '$ref',
  '$defs',
  'definitions',
]);

/** What limits a value without changing its shape: told in words where it can't be enforced. */
const TOLD = new Set([
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'default',
  'examples',
]);

/**
 * A JSON Schema in the keywords that strict servers take. Limits that go move into the description,
 * where the model still reads them; the rest that goes has no words. A clean schema stays as it is.
 */
export function cleanSchema(schema: JsonObject): JsonObject {
  const cleaned: Record<string, JsonValue> = {};
  const told: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'const') cleaned['enum'] = [value];
    else if (keyword === 'oneOf') cleaned['anyOf'] = cleanValue('anyOf', value);
    else if (KEPT.has(keyword)) cleaned[keyword] = cleanValue(keyword, value);
    else if (TOLD.has(keyword)) told.push(`${keyword}: ${JSON.stringify(value)}`);
  }
  if (told.length > 0) {
    const { description } = schema;
    const words = typeof description === 'string' ? `${description} ` : '';
    cleaned['description'] = `${words}(${told.join(', ')})`;
  }
  return cleaned;
}

function cleanValue(keyword: string, value: JsonValue): JsonValue {
  switch (keyword) {
    case 'properties':
    case '$defs':
    case 'definitions':
      return isJsonObject(value)
        ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner)]))
        : value;
    case 'items':
    case 'additionalProperties':
      return clean(value);
    case 'anyOf':
    case 'allOf':
      return Array.isArray(value) ? value.map(clean) : value;
    default:
      return value;
  }
}

/** A schema may also be `true` or `false`. */
function clean(value: JsonValue): JsonValue {
  return isJsonObject(value) ? cleanSchema(value) : value;
}
