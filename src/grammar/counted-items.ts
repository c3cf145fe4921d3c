import { isJsonArray } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { MOST_STATES, countedEntries } from './counted-entries.ts';
import type { EntryStates, Step } from './counted-entries.ts';
import { bracketed } from './entries.ts';
import { fixedExpression } from './fixed-values.ts';
import type { GrammarRules } from './gbnf.ts';
import { not } from './negation.ts';
import type { Negations } from './negation.ts';
import { objectAt, schemaAt } from './schema.ts';
import type { Conjunction, Schema } from './schema.ts';

/** Highest `minContains` and `maxContains`, and most values that differ by `uniqueItems`. */
const MOST_CONTAINED = 16;
const MOST_VALUES = 6;

/** Array whose items depend on the previous ones. */
export interface CountedArray {
  readonly least: number;
  readonly most: number;
  /** Number of positions with their own schemas. */
  readonly positions: number;
  readonly name: string;
  /** Expression for an item that matches further schemas too. */
  readonly itemAt: (index: number, more?: Schema) => string | undefined;
  /** All values that an item may have; undefined if a grammar can't list them. */
  readonly valuesAt: (index: number) => readonly JsonValue[] | undefined;
}

interface State {
  readonly index: number;
  readonly contained: number;
  /** JSON texts of the values so far, of places with few values. */
  readonly used: readonly string[];
}

interface Contains {
  readonly schema: Schema;
  readonly least: number;
  readonly most: number;
}

/** True for a schema whose `contains` a grammar enforces, apart from other `contains` in the same place. */
export function isHeldContains(schema: JsonObject, negations: Negations): boolean {
  const contains = containsOf([schema]);
  if (contains === undefined) return schema['minContains'] === 0 && !('maxContains' in schema);
  const { schema: contained, least, most } = contains;
  const counted = most === Infinity ? least : most;
  const longest = Math.max(countAt(schema, 'minItems', 0), countAt(schema, 'maxItems', 0));
  const isHeld = most === Infinity || negations.of(contained) !== undefined;
  return isHeld && (counted + 1) * (longest + 1) <= MOST_STATES;
}

/** True for a schema whose items all have one of a few values, so that a grammar enforces `uniqueItems`. */
export function hasFewItems(schema: JsonObject): boolean {
  const { enum: values, type } = objectAt(schema, 'items');
  const areFew = isJsonArray(values) ? values.length <= MOST_VALUES : type === 'boolean';
  return areFew && !('contains' in schema) && !('prefixItems' in schema);
}

/** True if `contains` or `uniqueItems` restricts the items. */
export function isCounted(schemas: Conjunction): boolean {
  return containsOf(schemas) !== undefined || isUnique(schemas);
}

/**
 * Expression for an array by `contains`, or by `uniqueItems` if its items have few values. Returns undefined
 * if its states are too many for rules, and no expression if no array is valid.
 */
export function countedArray(
  schemas: Conjunction,
  array: CountedArray,
  rules: GrammarRules,
): { readonly expression: string | undefined } | undefined {
  const contains = containsOf(schemas);
  const items = new Map<string, string | undefined>();
  const itemAt = (index: number, kind: Kind): string | undefined => {
    const key = `${Math.min(index, array.positions)} ${index < array.least} ${kind.name}`;
    const item = items.has(key) ? items.get(key) : array.itemAt(index, kind.more);
    items.set(key, item);
    return item;
  };
  const last = Math.max(array.positions, array.least, array.most === Infinity ? 0 : array.most);
  const states: EntryStates<State> = {
    start: { index: 0, contained: 0, used: [] },
    key: ({ index, contained, used }) => `${index} ${contained} ${used.join(' ')}`,
    steps: ({ index, contained, used }) => {
      if (index >= array.most) return [];
      const next = Math.min(index + 1, last);
      const values = contains === undefined ? array.valuesAt(index) : undefined;
      const few = values !== undefined && values.length <= MOST_VALUES ? values : undefined;
      return kinds(contains, contained).flatMap((kind): readonly Step<State>[] => {
        const after = { index: next, contained: kind.count, used };
        if (few === undefined) return stepOf(itemAt(index, kind), after);
        return few.flatMap((value) => {
          const text = JSON.stringify(value);
          const grown = { ...after, used: [...used, text].toSorted() };
          return used.includes(text) ? [] : stepOf(fixedExpression([value], rules), grown);
        });
      });
    },
    mayEnd: ({ index, contained }) => index >= array.least && contained >= (contains?.least ?? 0),
  };
  const entries = countedEntries(states, `${array.name}-items`, rules);
  if (entries === undefined) return undefined;
  return { expression: entries.isPossible ? bracketed('[]', entries, rules) : undefined };
}

function stepOf(entry: string | undefined, next: State): readonly Step<State>[] {
  return entry === undefined ? [] : [{ entry, next }];
}

interface Kind {
  readonly name: 'any' | 'contained' | 'other';
  /** Schema that such an item matches. */
  readonly more?: Schema;
  /** Number of contained items after it. */
  readonly count: number;
}

/** Kinds of the next item: one that counts for `contains`, and one that does not. */
function kinds(contains: Contains | undefined, count: number): readonly Kind[] {
  if (contains === undefined) return [{ name: 'any', count }];
  const { schema, least, most } = contains;
  if (most === Infinity && count >= least) return [{ name: 'any', count }];
  const other: Kind = { name: 'other', more: not(schema), count };
  return count >= most ? [other] : [{ name: 'contained', more: schema, count: count + 1 }, other];
}

/** First `contains` of the schemas. */
function containsOf(schemas: Conjunction): Contains | undefined {
  const found = schemas.find((schema) => schemaAt(schema, 'contains') !== undefined);
  const schema = found && schemaAt(found, 'contains');
  if (found === undefined || schema === undefined) return undefined;
  const [least, most] = [countAt(found, 'minContains', 1), countAt(found, 'maxContains', Infinity)];
  const isHeld = least <= MOST_CONTAINED && (most <= MOST_CONTAINED || most === Infinity);
  return isHeld && (least > 0 || most < Infinity) ? { schema, least, most } : undefined;
}

function countAt(schema: JsonObject, keyword: string, missing: number): number {
  const value = schema[keyword];
  return typeof value === 'number' ? value : missing;
}

export function isUnique(schemas: Conjunction): boolean {
  return schemas.some((schema) => schema['uniqueItems'] === true);
}
