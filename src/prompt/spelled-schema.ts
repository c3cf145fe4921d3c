import { isJsonArray, isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';

/** Keys whose values map names to schemas. */
const NAMED = ['properties', '$defs', 'definitions'] as const;
/** Keys whose values are lists of schemas. */
const LISTED = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;

/**
 * JSON Schema in which every place has exactly one type and every array has items, for templates that fail
 * without them. Only the model reads it: the grammar enforces the original schema.
 */
export function spellOut(schema: JsonObject): JsonObject {
  const spelled: Record<string, JsonValue> = { ...schema };
  for (const key of NAMED) {
    const schemas = schema[key];
    if (isJsonObject(schemas)) spelled[key] = mapValues(schemas, spellPlace);
  }
  for (const key of LISTED) {
    const schemas = schema[key];
    if (isJsonArray(schemas)) spelled[key] = schemas.map(spellPlace);
  }
  const values = schema['enum'];
  if (isJsonArray(values)) spelled['enum'] = values.map(nameable);
  spelled['type'] = typeOf(schema);
  if (spelled['type'] === 'array') spelled['items'] = spellPlace(itemsOf(schema));
  return spelled;
}

/**
 * JSON Schema whose properties have basic types only, for templates that fail on lists. The descriptions
 * contain the original schemas.
 */
export function spellBasic(schema: JsonObject): JsonObject {
  const { properties } = schema;
  return {
    ...schema,
    type: 'object',
    ...(isJsonObject(properties) && { properties: mapValues(properties, basicProperty) }),
  };
}

const BASIC: ReadonlySet<JsonValue | undefined> = new Set([
  'string',
  'number',
  'integer',
  'boolean',
]);

function basicProperty(property: JsonValue): JsonObject {
  if (isJsonObject(property) && BASIC.has(property['type'])) return property;
  const described = isJsonObject(property) ? property['description'] : undefined;
  const parts = [...(typeof described === 'string' ? [described] : []), JSON.stringify(property)];
  return { type: 'object', description: parts.join(' JSON Schema: ') };
}

/** Converts an enum value to text or a number, since templates join enum values. */
function nameable(value: JsonValue): JsonValue {
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
}

function spellPlace(value: JsonValue): JsonObject {
  return spellOut(isJsonObject(value) ? value : {});
}

function itemsOf(schema: JsonObject): JsonValue {
  const { items, prefixItems } = schema;
  if (isJsonObject(items)) return items;
  return (isJsonArray(prefixItems) ? prefixItems[0] : undefined) ?? {};
}

/** Type that a schema names or implies; the first one that is not null if there are several. */
function typeOf(schema: JsonObject): string {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if (isJsonArray(type)) return firstType(type);
  if ('properties' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  const branches = LISTED.flatMap((key) => {
    const schemas = schema[key];
    return isJsonArray(schemas)
      ? schemas.flatMap((one) => (isJsonObject(one) ? [typeOf(one)] : []))
      : [];
  });
  const types = valuesOf(schema).map((value) => (value === null ? 'null' : typeof value));
  return firstType([...types, ...branches, ...('$ref' in schema ? ['object'] : [])]);
}

/** Values of `enum` or `const`. */
function valuesOf(schema: JsonObject): readonly (JsonValue | undefined)[] {
  if (isJsonArray(schema['enum'])) return schema['enum'];
  return 'const' in schema ? [schema['const']] : [];
}

function firstType(types: readonly (JsonValue | undefined)[]): string {
  const named = types.filter((type) => typeof type === 'string');
  return named.find((type) => type !== 'null') ?? 'string';
}

function mapValues(schemas: JsonObject, change: (schema: JsonValue) => JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, change(schema)] as const),
  );
}
