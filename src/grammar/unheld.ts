import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isJsonObject } from '../core/json.ts';
import { pointTo } from '../core/json-pointer.ts';
import { MOST_STATES } from './counted-entries.ts';
import { hasFewItems, isHeldContains } from './counted-items.ts';
import { isShortList } from './fixed-values.ts';
import { STRING_FORMATS } from './formats.ts';
import { isHeldPattern, lengthBoundsBeside } from './lengths.ts';
import { isHeldMultiple } from './multiples.ts';
import { Negations } from './negation.ts';
import { References } from './references.ts';
import { arrayAt, isSchema, objectAt } from './schema.ts';

/** Returns true if a grammar does not enforce a keyword of a schema, or enforces it in part only. */
type IsUnheld = (value: JsonValue, schema: JsonObject, negations: Negations) => boolean;

const isUnheldCondition: IsUnheld = (value, _schema, negations) =>
  isSchema(value) && negations.of(value) === undefined;

const isUnheldCount: IsUnheld = (value, schema) => {
  const names =
    Object.keys(objectAt(schema, 'properties')).length + arrayAt(schema, 'required').length;
  return typeof value === 'number' && (value + 1) * (names + 1) > MOST_STATES;
};

const isUnheldList: IsUnheld = (value) => isJsonArray(value) && !isShortList(value);

/** True if a schema lists its values. They are not checked against patterns and formats. */
function hasList(schema: JsonObject): boolean {
  return schema['enum'] !== undefined || schema['const'] !== undefined;
}

/** Keywords that grammars do not always enforce. */
export const UNHELD_KEYWORDS: ReadonlyMap<string, IsUnheld> = new Map<string, IsUnheld>([
  ['not', isUnheldCondition],
  ['if', isUnheldCondition],
  ['contains', (_value, schema, negations) => !isHeldContains(schema, negations)],
  ['uniqueItems', (value, schema) => value === true && !hasFewItems(schema)],
  [
    'minProperties',
    (value, ...rest) => value !== 0 && value !== 1 && isUnheldCount(value, ...rest),
  ],
  ['maxProperties', isUnheldCount],
  ['multipleOf', (value) => typeof value === 'number' && !isHeldMultiple(value)],
  ['enum', isUnheldList],
  ['const', (value) => !isShortList([value])],
  [
    'format',
    (value, schema) =>
      typeof value === 'string' &&
      (!STRING_FORMATS.has(value) ||
        (typeof schema['pattern'] === 'string' && isHeldPattern(schema['pattern'])) ||
        hasList(schema)),
  ],
  [
    'pattern',
    (value, schema) => typeof value === 'string' && (!isHeldPattern(value) || hasList(schema)),
  ],
  [
    'minLength',
    (value, schema) =>
      typeof value === 'number' && value > (lengthBoundsBeside(schema)?.least ?? value),
  ],
  [
    'maxLength',
    (value, schema) =>
      typeof value === 'number' && value < (lengthBoundsBeside(schema)?.most ?? value),
  ],
]);

/** Keywords with a schema, a list of schemas, or both. */
const SCHEMAS: ReadonlySet<string> = new Set([
  'items',
  'prefixItems',
  'additionalItems',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
  'if',
  'then',
  'else',
  'propertyNames',
  'allOf',
  'anyOf',
  'oneOf',
]);

/** Keywords with schemas by name. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  '$defs',
  'definitions',
]);

/** Number of values that may still be searched. */
export interface SearchBudget {
  left: number;
}

/**
 * Places of a schema, as JSON pointers, whose keywords a grammar can't enforce.
 *
 * @param budget values to search at most; further ones are skipped
 */
export function unheldPlaces(
  schema: JsonObject,
  budget: SearchBudget = { left: Number.POSITIVE_INFINITY },
): readonly string[] {
  const places: string[] = [];
  const negations = new Negations(new References(schema));
  const todo: (readonly [JsonValue, string])[] = [[schema, '#']];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (--budget.left < 0) break;
    const [value, at] = next;
    if (isJsonArray(value)) {
      for (const [index, item] of value.entries()) {
        if (todo.length > budget.left) break;
        todo.push([item, pointTo(at, index)]);
      }
    }
    if (!isJsonObject(value)) continue;
    for (const [keyword, inner] of Object.entries(value)) {
      const place = pointTo(at, keyword);
      if (UNHELD_KEYWORDS.get(keyword)?.(inner, value, negations) === true) places.push(place);
      else if (SCHEMAS.has(keyword)) todo.push([inner, place]);
      else if (NAMED.has(keyword) && isJsonObject(inner)) {
        for (const [name, one] of Object.entries(inner)) {
          if (todo.length > budget.left) break;
          todo.push([one, pointTo(place, name)]);
        }
      }
    }
  }
  return places.toSorted();
}
