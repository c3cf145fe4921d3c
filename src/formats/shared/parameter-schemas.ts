import type { JsonObject, JsonType, JsonValue } from '../../core/json.ts';
import { isJsonArray, isJsonObject } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';

/** Parameter of a tool, from its schema. */
export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  /** Alternative schemas for the value, with references resolved. */
  readonly schemas: readonly JsonObject[];
}

/** Limit of nested references and alternatives, since schemas may be recursive. */
const MAX_DEPTH = 16;

/** Parameters of a tool in schema order, followed by required ones without a schema. */
export function parametersOf({ inputSchema }: CallableTool): readonly Parameter[] {
  const objects = alternativesOf(inputSchema, inputSchema);
  const properties = objects.flatMap((schema) =>
    isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : [],
  );
  const required = new Set(objects.length === 1 ? objects.flatMap(requiredOf) : []);
  const known = new Map(properties);
  const names = [...new Set([...known.keys(), ...required])];
  return names.map((name) => ({
    name,
    required: required.has(name),
    schemas: alternativesOf(known.get(name) ?? true, inputSchema),
  }));
}

/** Returns true if a tool accepts arguments of any name, since its schema lists none. */
export function takesAnything({ inputSchema }: CallableTool): boolean {
  const [schema] = alternativesOf(inputSchema, inputSchema);
  return (
    schema !== undefined &&
    schema['properties'] === undefined &&
    schema['required'] === undefined &&
    schema['additionalProperties'] !== false
  );
}

/** Types that values of these schemas can have; undefined if any type is valid. */
export function typesOf(schemas: readonly JsonObject[]): ReadonlySet<JsonType> | undefined {
  const types = new Set<JsonType>();
  for (const schema of schemas) {
    const own = ownTypes(schema);
    if (own === undefined) return undefined;
    for (const type of own) types.add(type);
  }
  return types;
}

/** Values of `const` or `enum`; undefined if a schema has neither. */
export function listedValues(schema: JsonObject): readonly JsonValue[] | undefined {
  if (schema['const'] !== undefined) return [schema['const']];
  const values = schema['enum'];
  return isJsonArray(values) ? values : undefined;
}

/** Schema with the definitions of its document, so that its references resolve on their own. */
export function standalone(schema: JsonObject, document: JsonObject): JsonObject {
  const definitions = ['$defs', 'definitions'].flatMap((key) =>
    document[key] === undefined ? [] : [[key, document[key]] as const],
  );
  return { ...Object.fromEntries(definitions), ...schema };
}

/** Types that a schema without references and alternatives allows; undefined if it allows any. */
export function ownTypes(schema: JsonObject): readonly JsonType[] | undefined {
  const listed = listedValues(schema);
  if (listed !== undefined) return listed.flatMap(typesOfValue);
  const type = schema['type'];
  const named = (isJsonArray(type) ? type : [type]).filter(isTypeName);
  if (named.length > 0) return named.includes('number') ? [...named, 'integer'] : named;
  if (schema['properties'] !== undefined) return ['object'];
  return schema['items'] === undefined ? undefined : ['array'];
}

/** Types of a value. An integer is a number too. */
export function typesOfValue(value: unknown): readonly JsonType[] {
  if (value === null) return ['null'];
  if (Array.isArray(value)) return ['array'];
  switch (typeof value) {
    case 'string':
      return ['string'];
    case 'boolean':
      return ['boolean'];
    case 'number':
      return Number.isInteger(value) ? ['integer', 'number'] : ['number'];
    default:
      return ['object'];
  }
}

/** Alternatives of a schema, each without references and alternatives at its top level. */
export function alternativesOf(
  schema: JsonValue,
  document: JsonObject,
  depth = 0,
): readonly JsonObject[] {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return [{}];
  const { $ref: reference, anyOf, oneOf, allOf, ...rest } = schema;
  const resolved = typeof reference === 'string' ? followed(reference, document) : undefined;
  const joined = [
    ...(resolved === undefined ? [] : [resolved]),
    ...(isJsonArray(allOf) ? allOf : []),
  ].map((part) => alternativesOf(part, document, depth + 1));
  const choices = [anyOf, oneOf]
    .filter(isJsonArray)
    .map((some) => some.flatMap((one) => alternativesOf(one, document, depth + 1)));
  return [...joined, ...choices].reduce<readonly JsonObject[]>(
    (all, next) => all.flatMap((one) => next.map((other) => merge(one, other))),
    [rest],
  );
}

function merge(one: JsonObject, other: JsonObject): JsonObject {
  const properties = [one, other].flatMap((schema) =>
    isJsonObject(schema['properties']) ? Object.entries(schema['properties']) : [],
  );
  const required = [...requiredOf(one), ...requiredOf(other)];
  return {
    ...one,
    ...other,
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    ...(required.length > 0 && { required }),
  };
}

/** Required property names of an object schema. */
export function requiredOf(schema: JsonObject): readonly string[] {
  const required = schema['required'];
  return isJsonArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

/** Resolves a JSON pointer such as `#/$defs/Item`; undefined if its target is missing. */
function followed(reference: string, document: JsonObject): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined;
  let place: JsonValue | undefined = document;
  for (const part of reference.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    place = isJsonObject(place) ? place[key] : undefined;
  }
  return place;
}

const TYPE_NAMES = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'] as const;

function isTypeName(name: unknown): name is JsonType {
  return TYPE_NAMES.some((known) => known === name);
}
