import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isRecord } from '../core/json.ts';
import { pointTo } from '../core/json-pointer.ts';
import { GrammarRules } from './gbnf.ts';
import { isShortList } from './fixed-values.ts';
import { STRING_FORMATS } from './formats.ts';
import { isHeldMultiple } from './multiples.ts';
import { Negations } from './negation.ts';
import { patternExpression } from './patterns.ts';
import { References } from './references.ts';
import { isSchema } from './schema.ts';

/** Keywords that restrict a value in a way that a grammar can't enforce. */
export const UNHELD_KEYWORDS: ReadonlySet<string> = new Set([
  'contains',
  'uniqueItems',
  'maxProperties',
  'multipleOf',
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

const NO_BOUNDS = { least: 0, most: Number.POSITIVE_INFINITY };

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
    if (!isRecord(value)) continue;
    for (const [keyword, inner] of Object.entries(value)) {
      const place = pointTo(at, keyword);
      if (isUnheld(keyword, inner) || isUnheldCondition(keyword, inner, negations))
        places.push(place);
      else if (SCHEMAS.has(keyword)) todo.push([inner, place]);
      else if (NAMED.has(keyword) && isRecord(inner)) {
        for (const [name, one] of Object.entries(inner)) {
          if (todo.length > budget.left) break;
          todo.push([one, pointTo(place, name)]);
        }
      }
    }
  }
  return places.toSorted();
}

/** True for a condition with a schema whose keywords can't all be negated. */
function isUnheldCondition(keyword: string, value: JsonValue, negations: Negations): boolean {
  const isCondition = keyword === 'not' || keyword === 'if';
  return isCondition && isSchema(value) && negations.of(value) === undefined;
}

function isUnheld(keyword: string, value: JsonValue): boolean {
  switch (keyword) {
    case 'enum':
      return isJsonArray(value) && !isShortList(value);
    case 'const':
      return !isShortList([value]);
    case 'uniqueItems':
      return value === true;
    case 'multipleOf':
      return typeof value === 'number' && !isHeldMultiple(value);
    case 'minProperties':
      return typeof value === 'number' && value > 1;
    case 'format':
      return typeof value === 'string' && !STRING_FORMATS.has(value);
    case 'pattern':
      return (
        typeof value === 'string' &&
        patternExpression(value, NO_BOUNDS, new GrammarRules()) === undefined
      );
    default:
      return UNHELD_KEYWORDS.has(keyword);
  }
}
