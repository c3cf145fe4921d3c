import { isJsonArray, isRecord } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { pointTo } from '../core/json-pointer.ts';
import { References } from './references.ts';
import { arrayAt, objectAt, schemaAt } from './schema.ts';
import type { SearchBudget } from './unheld.ts';

/**
 * Place in a schema, as a JSON pointer, that excludes every value; undefined if none is found. Only what
 * single keywords show is detected, not, for example, two patterns that exclude each other.
 *
 * @param budget schemas to examine at most
 */
export function unsatisfiablePlace(
  schema: JsonObject,
  budget: SearchBudget = { left: Number.POSITIVE_INFINITY },
): string | undefined {
  return new Search(schema, budget).empty(schema, '#');
}

const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'string'] as const;
type Type = (typeof TYPES)[number];

/** Depth of nested schemas that are examined. */
const DEEPEST = 200;

class Search {
  readonly #references: References;
  readonly #budget: SearchBudget;
  /** Schemas under examination. A recursive schema is left undecided. */
  readonly #open = new Set<JsonObject>();

  constructor(root: JsonObject, budget: SearchBudget) {
    this.#references = new References(root);
    this.#budget = budget;
  }

  empty(schema: JsonValue | undefined, at: string): string | undefined {
    if (schema === false) return at;
    if (!isRecord(schema) || this.#open.has(schema) || this.#open.size >= DEEPEST) return undefined;
    if (--this.#budget.left < 0) return undefined;
    this.#open.add(schema);
    const place =
      impossibleValue(schema, at) ?? this.#emptyPart(schema, at) ?? this.#emptyTypes(schema, at);
    this.#open.delete(schema);
    return place;
  }

  /** Examines the schemas that apply together with this one. */
  #emptyPart(schema: JsonObject, at: string): string | undefined {
    const { not } = schema;
    if (not === true || (isRecord(not) && Object.keys(not).length === 0)) return pointTo(at, 'not');
    const referred = this.#references.of(schema).find((one) => this.empty(one, at) !== undefined);
    if (referred !== undefined) return pointTo(at, '$ref');
    for (const [index, one] of arrayAt(schema, 'allOf').entries()) {
      const place = this.empty(one, pointTo(pointTo(at, 'allOf'), index));
      if (place !== undefined) return place;
    }
    return ['anyOf', 'oneOf']
      .filter((keyword) => {
        const choices = arrayAt(schema, keyword);
        const place = pointTo(at, keyword);
        return (
          choices.length > 0 &&
          choices.every((one, index) => this.empty(one, pointTo(place, index)) !== undefined)
        );
      })
      .map((keyword) => pointTo(at, keyword))[0];
  }

  /** Place that excludes the first type, if every type that the schema allows is excluded. */
  #emptyTypes(schema: JsonObject, at: string): string | undefined {
    if (schema['type'] === undefined) return undefined;
    const types = typesOf(schema['type']);
    if (types.length === 0) return pointTo(at, 'type');
    const places = types.map((type) => this.#emptyType(type, schema, at));
    return places.includes(undefined) ? undefined : places[0];
  }

  #emptyType(type: Type, schema: JsonObject, at: string): string | undefined {
    switch (type) {
      case 'object':
        return (
          crossed(schema, at, 'minProperties', 'maxProperties') ?? this.#emptyObject(schema, at)
        );
      case 'array':
        return crossed(schema, at, 'minItems', 'maxItems') ?? this.#emptyArray(schema, at);
      case 'string':
        return crossed(schema, at, 'minLength', 'maxLength');
      case 'number':
        return (
          crossed(schema, at, 'minimum', 'maximum') ??
          crossed(schema, at, 'exclusiveMinimum', 'maximum', true) ??
          crossed(schema, at, 'minimum', 'exclusiveMaximum', true) ??
          crossed(schema, at, 'exclusiveMinimum', 'exclusiveMaximum', true)
        );
      case 'null':
      case 'boolean':
        return undefined;
      default:
        return type satisfies never;
    }
  }

  /** Finds a required property for which no value is valid. */
  #emptyObject(schema: JsonObject, at: string): string | undefined {
    const required = arrayAt(schema, 'required').filter((name) => typeof name === 'string');
    if (new Set(required).size > numberAt(schema, 'maxProperties', Infinity)) {
      return pointTo(at, 'maxProperties');
    }
    const properties = objectAt(schema, 'properties');
    const isOpen = Object.keys(objectAt(schema, 'patternProperties')).length > 0;
    for (const name of required) {
      if (Object.hasOwn(properties, name)) {
        const place = this.empty(properties[name], pointTo(pointTo(at, 'properties'), name));
        if (place !== undefined) return place;
      } else if (!isOpen) {
        const place = pointTo(at, 'additionalProperties');
        if (this.empty(schemaAt(schema, 'additionalProperties'), place) !== undefined) return place;
      }
    }
    return undefined;
  }

  /** Finds a required item for which no value is valid. */
  #emptyArray(schema: JsonObject, at: string): string | undefined {
    const least = numberAt(schema, 'minItems', 0);
    // Drafts before 2020 have the schemas of the first items in `items`.
    const keyword = isJsonArray(schema['items']) ? 'items' : 'prefixItems';
    const first = arrayAt(schema, keyword);
    for (const [index, one] of first.slice(0, least).entries()) {
      const place = this.empty(one, pointTo(pointTo(at, keyword), index));
      if (place !== undefined) return place;
    }
    if (least <= first.length) return undefined;
    const rest = keyword === 'items' ? 'additionalItems' : 'items';
    return this.empty(schemaAt(schema, rest), pointTo(at, rest));
  }
}

/** Place of `enum` or `const` if none of their values matches the rest of the schema. */
function impossibleValue(schema: JsonObject, at: string): string | undefined {
  const values = schema['enum'];
  const types = schema['type'] === undefined ? TYPES : typesOf(schema['type']);
  const fits = (value: JsonValue): boolean =>
    types.includes(typeOf(value)) && (!onlyIntegers(schema) || !isFraction(value));
  if (isJsonArray(values) && !values.some(fits)) return pointTo(at, 'enum');
  const fixed = schema['const'];
  return fixed === undefined || fits(fixed) ? undefined : pointTo(at, 'const');
}

function onlyIntegers({ type }: JsonObject): boolean {
  return (
    type === 'integer' ||
    (isJsonArray(type) && type.includes('integer') && !type.includes('number'))
  );
}

function isFraction(value: JsonValue): boolean {
  return typeof value === 'number' && !Number.isInteger(value);
}

function typesOf(type: JsonValue): readonly Type[] {
  const names = (isJsonArray(type) ? type : [type]).map((name) =>
    name === 'integer' ? 'number' : name,
  );
  return TYPES.filter((one) => names.includes(one));
}

function typeOf(value: JsonValue): Type {
  if (value === null) return 'null';
  if (isJsonArray(value)) return 'array';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : 'object';
}

/** Place of the lower bound if no number is between it and the upper bound. */
function crossed(
  schema: JsonObject,
  at: string,
  lower: string,
  upper: string,
  isExclusive = false,
): string | undefined {
  const least = numberAt(schema, lower, -Infinity);
  const most = numberAt(schema, upper, Infinity);
  return least > most || (isExclusive && least === most) ? pointTo(at, lower) : undefined;
}

function numberAt(schema: JsonObject, keyword: string, missing: number): number {
  const value = schema[keyword];
  return typeof value === 'number' ? value : missing;
}
