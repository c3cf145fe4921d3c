import { isJsonArray, isJsonObject, mapValues } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';

/** Keys whose values map names to schemas. */
const NAMED = ['properties', '$defs', 'definitions'] as const;
/** Keys whose values are lists of schemas. */
const LISTED = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
/** Keys of the types of a value. */
const TYPING = ['type', 'anyOf', 'oneOf'] as const;

/** Values of a place that its description repeats at most. */
const MOST_VALUES = 50;

/**
 * Type of a place with several types, for templates that can't render a union as it is: a list of types, no
 * type, the type `any`, or the first type.
 */
export type UnionType = 'list' | 'none' | 'any' | 'first';

/**
 * JSON Schema in which every place has a type and every array has items, for templates that fail without them.
 * If a place has several types that the template can't render, its description contains them. Only the model
 * reads it: the grammar enforces the original schema.
 */
export function spellOut(schema: JsonObject, union: UnionType): JsonObject {
  const choices = choicesOf(schema);
  if (choices.length > 1) return spellUnion(schema, choices, union);
  const spelled: Record<string, JsonValue> = { ...withValues(schema) };
  for (const key of NAMED) {
    const schemas = schema[key];
    if (isJsonObject(schemas))
      spelled[key] = mapValues(schemas, (one) => spellOut(schemaOf(one), union));
  }
  for (const key of LISTED) {
    const schemas = schema[key];
    if (isJsonArray(schemas)) spelled[key] = schemas.map((one) => spellOut(schemaOf(one), union));
  }
  const values = schema['enum'];
  if (isJsonArray(values)) spelled['enum'] = values.map(nameable);
  delete spelled['type'];
  Object.assign(spelled, typed(typeOf(schema, union), union));
  if (spelled['type'] !== 'array') return spelled;
  const items = itemsOf(schema);
  const listed = { ...spelled, items: spellOut(items, union) };
  const note = noteOf(items, union);
  return note === undefined ? listed : described(listed, `Items: ${note}`);
}

/** Schema with its values in its description, if they are no list of texts: many templates render only such. */
function withValues(schema: JsonObject): JsonObject {
  const note = valuesNote(schema);
  return note === undefined ? schema : described(schema, note);
}

function valuesNote(schema: JsonObject): string | undefined {
  if ('const' in schema) return `Always ${JSON.stringify(schema['const'])}.`;
  const values = valuesOf(schema);
  const isPlain = values.every((value) => typeof value === 'string');
  if (isPlain || values.length > MOST_VALUES) return undefined;
  return `One of ${values.map((value) => JSON.stringify(value)).join(', ')}.`;
}

/** Text about the types of a place that the template can't render; many templates render none about items. */
function noteOf(schema: JsonObject, union: UnionType): string | undefined {
  const choices = choicesOf(schema);
  if (choices.length > 1) {
    if (union === 'list' && choices.every(isSimple)) return undefined;
    return choices.length === 2 && choices.some(({ type }) => type === 'null')
      ? 'May be null.'
      : schemaText(schema);
  }
  const values = valuesNote(schema);
  if (values !== undefined) return values;
  const note = typeOf(schema, union) === 'array' ? noteOf(itemsOf(schema), union) : undefined;
  return note === undefined ? undefined : `Items: ${note}`;
}

/** Spells a place with several types. */
function spellUnion(
  schema: JsonObject,
  choices: readonly JsonObject[],
  union: UnionType,
): JsonObject {
  const rest = withoutTypes(schema);
  const types = choices.map(({ type }) => type).filter((type) => typeof type === 'string');
  if (union === 'list' && choices.every(isSimple)) return { ...rest, type: types };
  const others = choices.filter(({ type }) => type !== 'null');
  const [only] = others;
  if (others.length === 1 && only !== undefined) {
    const spelled = spellOut({ ...only, ...rest }, union);
    return described({ ...spelled, nullable: true }, 'May be null.');
  }
  const type = union === 'first' ? typeOf(schema, union) : undefined;
  return described({ ...rest, ...typed(type, union) }, schemaText(schema));
}

/** Choices of a place with several types; a single one, or none, for any other place. */
function choicesOf(schema: JsonObject): readonly JsonObject[] {
  const { type, anyOf, oneOf } = schema;
  if (isJsonArray(type)) return type.map((one) => ({ type: one }));
  return [anyOf, oneOf].flatMap((choices) => (isJsonArray(choices) ? choices.map(schemaOf) : []));
}

/** Returns true for a schema that is nothing but the name of a type. */
function isSimple(schema: JsonObject): boolean {
  const { type } = schema;
  return Object.keys(schema).length === 1 && (BASIC.has(type) || type === 'null');
}

/** Type as the template can render it. */
function typed(type: string | undefined, union: UnionType): JsonObject {
  const isNamed = type !== 'null' || union === 'list' || union === 'first';
  if (type !== undefined && isNamed) return { type };
  switch (union) {
    case 'list':
    case 'none':
      return {};
    case 'any':
      return { type: 'any' };
    case 'first':
      return { type: 'string' };
    default:
      return union satisfies never;
  }
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
  const schema = schemaOf(property);
  if (BASIC.has(schema['type'])) return withValues(schema);
  const choices = choicesOf(schema);
  const [only, ...others] = choices.filter(({ type }) => type !== 'null');
  if (choices.length > 1 && only !== undefined && others.length === 0 && BASIC.has(only['type']))
    return described({ ...only, ...withoutTypes(schema) }, 'May be null.');
  const { description } = schema;
  const name = typeOf(schema, 'none');
  const type =
    choices.length > 1 || name === undefined ? {} : { type: BASIC.has(name) ? name : 'object' };
  return described(
    { ...type, ...(description !== undefined && { description }) },
    JSON.stringify(property),
  );
}

/** Schema with a sentence, or a JSON Schema, after its description. */
function described(schema: JsonObject, text: string): JsonObject {
  const { description } = schema;
  const isText = typeof description === 'string' && description !== '';
  const label = text.startsWith('{') || text === 'true' ? `JSON Schema: ${text}` : text;
  return { ...schema, description: isText ? `${description} ${label}` : text };
}

/** JSON text of a schema without its description. */
function schemaText({ description: _description, ...schema }: JsonObject): string {
  return JSON.stringify(schema);
}

function withoutTypes(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(([key]) => !TYPING.some((typing) => typing === key)),
  );
}

/** Converts an enum value to text or a number, since templates join enum values. */
function nameable(value: JsonValue): JsonValue {
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
}

function schemaOf(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}

function itemsOf(schema: JsonObject): JsonObject {
  const { items, prefixItems } = schema;
  if (isJsonObject(items)) return items;
  return schemaOf((isJsonArray(prefixItems) ? prefixItems[0] : undefined) ?? {});
}

/** Type that a schema names or implies: the first one that is not null; undefined if there is none. */
function typeOf(schema: JsonObject, union: UnionType): string | undefined {
  const { type } = schema;
  if (typeof type === 'string') return type;
  if (isJsonArray(type)) return firstType(type);
  if ('properties' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  const branches = LISTED.flatMap((key) => {
    const schemas = schema[key];
    return isJsonArray(schemas) ? schemas.map((one) => typeOf(schemaOf(one), union)) : [];
  });
  const types = valuesOf(schema).map((value) => (value === null ? 'null' : typeof value));
  return firstType([
    ...types,
    ...branches,
    ...('$ref' in schema && union === 'first' ? ['object'] : []),
  ]);
}

/** Values of `enum` or `const`. */
function valuesOf(schema: JsonObject): readonly (JsonValue | undefined)[] {
  if (isJsonArray(schema['enum'])) return schema['enum'];
  return 'const' in schema ? [schema['const']] : [];
}

function firstType(types: readonly (JsonValue | undefined)[]): string | undefined {
  const named = types.filter((type) => typeof type === 'string');
  return named.find((type) => type !== 'null') ?? (named.length > 0 ? 'string' : undefined);
}
