import { isJsonObject } from '../../core/json.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';

/** Keywords that every server with schemas understands. */
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

/** Keywords that limit a value without a change of its shape. They are moved into the description. */
const DESCRIBED = new Set([
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
 * Reduces a JSON Schema to the keywords that strict servers accept. Removed limits move into the description,
 * where the model still reads them; other removed keywords are dropped. A clean schema stays unchanged.
 */
export function cleanSchema(schema: JsonObject): JsonObject {
  const cleaned: Record<string, JsonValue> = {};
  const described: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'const') cleaned['enum'] = [value];
    else if (keyword === 'oneOf') cleaned['anyOf'] = cleanValue('anyOf', value);
    else if (KEPT.has(keyword)) cleaned[keyword] = cleanValue(keyword, value);
    else if (DESCRIBED.has(keyword)) described.push(`${keyword}: ${JSON.stringify(value)}`);
  }
  if (described.length > 0) {
    const { description } = schema;
    const words = typeof description === 'string' ? `${description} ` : '';
    cleaned['description'] = `${words}(${described.join(', ')})`;
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

/** Cleans a schema, which may also be `true` or `false`. */
function clean(value: JsonValue): JsonValue {
  return isJsonObject(value) ? cleanSchema(value) : value;
}
