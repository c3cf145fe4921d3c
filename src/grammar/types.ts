import type { JsonValue } from '../core/json.ts';
import type { Conjunction } from './schema.ts';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;

export type JsonType = (typeof TYPES)[number];

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
    ],
  ],
  ['array', ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems']],
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']],
];

/** Types that match all schemas; undefined if no schema restricts the type. */
export function typesOf(schemas: Conjunction): readonly JsonType[] | undefined {
  const declared = schemas.flatMap((schema) => {
    const named = declaredTypes(schema['type']);
    return named.length > 0 ? [named] : [];
  });
  const [first, ...others] = declared;
  if (first !== undefined) return others.reduce(intersect, first);
  const implied = IMPLIED.filter(([, keywords]) =>
    keywords.some((keyword) => schemas.some((schema) => schema[keyword] !== undefined)),
  );
  return implied.length === 0 ? undefined : implied.map(([type]) => type);
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

function declaredTypes(type: JsonValue | undefined): readonly JsonType[] {
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
