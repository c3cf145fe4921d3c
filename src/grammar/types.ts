import type { JsonObject, JsonType, JsonValue } from '../core/json.ts';
import { isShortList } from './fixed-values.ts';
import { arrayAt } from './schema.ts';
import type { Conjunction } from './schema.ts';

const TYPES = [
  'object',
  'array',
  'string',
  'number',
  'integer',
  'boolean',
  'null',
] as const satisfies readonly JsonType[];

/** Keywords of a single type. They imply that type in a schema without `type`. */
const IMPLIED: readonly (readonly [JsonType, readonly string[]])[] = [
  [
    'object',
    [
      'properties',
      'required',
      'additionalProperties',
      'patternProperties',
      'propertyNames',
      'unevaluatedProperties',
      'minProperties',
      'maxProperties',
      'dependentRequired',
      'dependentSchemas',
    ],
  ],
  [
    'array',
    [
      'items',
      'prefixItems',
      'additionalItems',
      'unevaluatedItems',
      'minItems',
      'maxItems',
      'contains',
      'uniqueItems',
    ],
  ],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
];

/** All types; `number` includes `integer`. */
const ALL = TYPES.filter((type) => type !== 'integer');

/**
 * Types that match all schemas; undefined if no schema restricts the type.
 *
 * @param isImplied keywords of one type imply it, in schemas without `type`
 */
export function commonTypes(
  schemas: Conjunction,
  isImplied: boolean,
): readonly JsonType[] | undefined {
  const declared = schemas.flatMap((schema) => {
    const named = declaredTypes(schema['type']);
    return [named, ...longLists(schema).map(typesIn)].filter((types) => types.length > 0);
  });
  const [first, ...others] = declared;
  if (first !== undefined) return others.reduce(intersect, first);
  if (!isImplied) return ALL;
  const implied = IMPLIED.filter(([, keywords]) =>
    keywords.some((keyword) => schemas.some((schema) => schema[keyword] !== undefined)),
  );
  return implied.length === 0 ? undefined : implied.map(([type]) => type);
}

/** Lists of allowed values that are too long for a grammar, so that it enforces only their types. */
function longLists(schema: JsonObject): readonly (readonly JsonValue[])[] {
  const { const: only } = schema;
  const lists = [arrayAt(schema, 'enum'), only === undefined ? [] : [only]];
  return lists.filter((list) => !isShortList(list));
}

function typesIn(values: readonly JsonValue[]): readonly JsonType[] {
  const found = new Set(values.map((one) => (Number.isInteger(one) ? 'integer' : typeOf(one))));
  return TYPES.filter((type) => found.has(type) && !(type === 'integer' && found.has('number')));
}

/** Returns true if a value has one of the types. */
export function hasType(value: JsonValue, types: readonly JsonType[] | undefined): boolean {
  if (types === undefined) return true;
  if (Number.isInteger(value) && types.includes('integer')) return true;
  return types.includes(typeOf(value));
}

function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'object';
  }
}

/** Types that the keyword `type` names. */
export function declaredTypes(type: JsonValue | undefined): readonly JsonType[] {
  const names: readonly (JsonValue | undefined)[] = Array.isArray(type) ? type : [type];
  const known = TYPES.filter((one) => names.includes(one));
  // `number` includes `integer`.
  return known.includes('number') ? known.filter((one) => one !== 'integer') : known;
}

function intersect(some: readonly JsonType[], others: readonly JsonType[]): readonly JsonType[] {
  const both = some.filter((type) => others.includes(type));
  const integers =
    (some.includes('integer') && others.includes('number')) ||
    (some.includes('number') && others.includes('integer'));
  return integers ? [...both, 'integer'] : both;
}
