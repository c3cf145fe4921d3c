import type { JsonValue } from '../core/json.ts';
import type { Conjunction } from './schema.ts';

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;

export type JsonType = (typeof TYPES)[number];

/** Keywords that speak of one type only: a schema without `type` that has them means this type. */
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

/** The types that schemas admit together; undefined where none says anything about it. */
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

/** Whether a value has one of the types. */
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
  // An integer is a number: both of them are one and the same type.
  return known.includes('number') ? known.filter((one) => one !== 'integer') : known;
}

function intersect(some: readonly JsonType[], others: readonly JsonType[]): readonly JsonType[] {
  const both = some.filter((type) => others.includes(type));
  const integers =
    (some.includes('integer') && others.includes('number')) ||
    (some.includes('number') && others.includes('integer'));
  return integers ? [...both, 'integer'] : both;
}
