import type { JsonObject, JsonType, JsonValue } from '../core/json.ts';
import { isJsonArray } from '../core/json.ts';
import type { References } from './references.ts';
import { arrayAt, isSchema, objectAt } from './schema.ts';
import type { Conjunction, Schema } from './schema.ts';
import { declaredTypes } from './types.ts';

/** Longest list of numbers that is excluded: each one splits the range of a number once more. */
const MOST_NUMBERS = 8;

/** Depth and number of nested schemas that are negated with one. */
const DEEPEST = 6;
const MOST_SCHEMAS = 100;

const TYPES = ['object', 'array', 'string', 'number', 'boolean', 'null'] as const;

/** Schemas whose `not` has no other form. The grammars of strings and numbers enforce it. */
const ATOMS = new WeakSet<JsonObject>();

/** Integers are numbers, so numbers other than integers have no type of their own. */
const FRACTION = atom({ type: 'number', not: { multipleOf: 1 } });

/** Returns true for a schema that a negation has made, and whose `not` has no other form. */
export function isAtom(schema: JsonObject): boolean {
  return ATOMS.has(schema);
}

/** Texts that negations exclude. */
export function excludedTexts(schemas: Conjunction): readonly string[] {
  const texts = schemas
    .filter(isAtom)
    .flatMap((schema) => arrayAt(objectAt(schema, 'not'), 'enum'));
  return texts.filter((text) => typeof text === 'string');
}

function atom(schema: JsonObject): JsonObject {
  ATOMS.add(schema);
  return schema;
}

/** Keywords that restrict nothing. */
const ANNOTATIONS: ReadonlySet<string> = new Set(
  [
    'title description default examples deprecated readOnly writeOnly $comment',
    '$schema $id $anchor $dynamicAnchor $vocabulary $defs definitions',
    'contentEncoding contentMediaType contentSchema',
  ].flatMap((line) => line.split(' ')),
);

/** Schemas of which at least one matches each value that a keyword excludes, and none another value. */
type Negation = (value: JsonValue, schema: JsonObject) => readonly Schema[] | undefined;

const KEYWORDS: ReadonlyMap<string, Negation> = new Map<string, Negation>([
  ['type', (value) => otherTypes(declaredTypes(value))],
  ['const', (value) => except([value])],
  ['enum', (value) => (isJsonArray(value) ? except(value) : undefined)],
  ['minimum', (value) => bound('number', 'exclusiveMaximum', value)],
  ['maximum', (value) => bound('number', 'exclusiveMinimum', value)],
  ['exclusiveMinimum', (value) => bound('number', 'maximum', value)],
  ['exclusiveMaximum', (value) => bound('number', 'minimum', value)],
  ['multipleOf', (value) => (value === 1 ? [FRACTION] : undefined)],
  ['minLength', (value) => bound('string', 'maxLength', value, -1)],
  ['maxLength', (value) => bound('string', 'minLength', value, 1)],
  ['minItems', (value) => bound('array', 'maxItems', value, -1)],
  ['maxItems', (value) => bound('array', 'minItems', value, 1)],
  ['minProperties', (value) => bound('object', 'maxProperties', value, -1)],
  ['maxProperties', (value) => bound('object', 'minProperties', value, 1)],
  ['required', (value) => (isJsonArray(value) ? value.flatMap(without) : undefined)],
  ['properties', (_value, schema) => otherProperties(objectAt(schema, 'properties'))],
  ['not', (value) => (isSchema(value) ? [value] : undefined)],
  ['allOf', (_value, schema) => arrayAt(schema, 'allOf').filter(isSchema).map(not)],
  ['anyOf', (_value, schema) => [{ allOf: arrayAt(schema, 'anyOf').filter(isSchema).map(not) }]],
]);

/** Negates schemas that are made of simple keywords, each schema once. */
export class Negations {
  readonly #references: References;
  readonly #known = new WeakMap<JsonObject, readonly Schema[] | { readonly none: true }>();

  constructor(references: References) {
    this.#references = references;
  }

  /**
   * Schemas of which at least one matches each value that does not match the given schema, and none another
   * value; undefined if the schema has a keyword that can't be negated.
   */
  of(schema: Schema): readonly Schema[] | undefined {
    if (typeof schema === 'boolean') return schema ? [] : [true];
    const known = this.#known.get(schema) ?? this.#negate(schema) ?? { none: true };
    this.#known.set(schema, known);
    return 'none' in known ? undefined : known;
  }

  #negate(schema: JsonObject): readonly Schema[] | undefined {
    if (!this.#isSimple(schema, DEEPEST, { left: MOST_SCHEMAS })) return undefined;
    const referred = this.#references.of(schema).map(not);
    return [
      ...referred,
      ...Object.entries(schema).flatMap(([keyword, value]) => {
        return KEYWORDS.get(keyword)?.(value, schema) ?? [];
      }),
    ];
  }

  #isSimple(schema: Schema, depth: number, budget: { left: number }): boolean {
    if (typeof schema === 'boolean') return true;
    if (depth === 0 || --budget.left < 0) return false;
    const areSimple = (values: readonly JsonValue[]): boolean =>
      values.filter(isSchema).every((one) => this.#isSimple(one, depth - 1, budget));
    return Object.entries(schema).every(([keyword, value]) => {
      if (ANNOTATIONS.has(keyword)) return true;
      if (keyword === '$ref') return areSimple(this.#references.of(schema));
      if (keyword === 'properties') return areSimple(Object.values(objectAt(schema, keyword)));
      if (keyword === 'not') return areSimple([value]);
      if (keyword === 'allOf' || keyword === 'anyOf') return areSimple(arrayAt(schema, keyword));
      return KEYWORDS.get(keyword)?.(value, schema) !== undefined;
    });
  }
}

/** Negation of a schema, the same object for the same schema: recursive schemas end by it. */
export function not(schema: Schema): Schema {
  if (typeof schema === 'boolean') return !schema;
  const negated = NEGATED.get(schema) ?? { not: schema };
  NEGATED.set(schema, negated);
  return negated;
}

const NEGATED = new WeakMap<JsonObject, JsonObject>();

function bound(
  type: JsonType,
  keyword: string,
  value: JsonValue,
  step = 0,
): readonly Schema[] | undefined {
  return typeof value === 'number' ? [{ type, [keyword]: value + step }] : undefined;
}

function without(name: JsonValue): readonly Schema[] {
  return typeof name === 'string' ? [{ type: 'object', properties: { [name]: false } }] : [];
}

function otherProperties(properties: JsonObject): readonly Schema[] {
  return Object.entries(properties).flatMap(([name, schema]) =>
    isSchema(schema)
      ? [{ type: 'object', required: [name], properties: { [name]: not(schema) } }]
      : [],
  );
}

function otherTypes(types: readonly JsonType[]): readonly Schema[] {
  const others = TYPES.filter(
    (type) => !types.includes(type) && !(type === 'number' && types.includes('integer')),
  );
  return [
    ...(others.length > 0 ? [{ type: others }] : []),
    ...(types.includes('integer') ? [FRACTION] : []),
  ];
}

/** Every value but some; undefined if they have an object or an array. */
function except(values: readonly JsonValue[]): readonly Schema[] | undefined {
  if (values.some((value) => typeof value === 'object' && value !== null)) return undefined;
  const texts = values.filter((value) => typeof value === 'string');
  const numbers = values
    .filter((value) => typeof value === 'number')
    .toSorted((one, two) => one - two);
  if (numbers.length > MOST_NUMBERS) return undefined;
  const kept = [null, true, false].filter((value) => !values.includes(value));
  const free = ['object', 'array', ...(texts.length > 0 ? [] : ['string'])];
  return [
    { type: numbers.length > 0 ? free : [...free, 'number'] },
    ...(kept.length > 0 ? [{ enum: kept }] : []),
    ...(texts.length > 0 ? [atom({ type: 'string', not: { enum: texts } })] : []),
    ...(numbers.length > 0 ? gaps(numbers) : []),
  ];
}

/** Ranges of the numbers between some, and around them. */
function gaps(numbers: readonly number[]): readonly Schema[] {
  return [...numbers, undefined].map((number, index) => {
    const before = numbers[index - 1];
    return {
      type: 'number',
      ...(before === undefined ? {} : { exclusiveMinimum: before }),
      ...(number === undefined ? {} : { exclusiveMaximum: number }),
    };
  });
}
