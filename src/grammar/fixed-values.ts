import type { JsonValue } from '../core/json.ts';
import { isRecord } from '../core/json.ts';
import { literal, oneOf, oneOfTexts } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { bracketed } from './entries.ts';
import type { Entries } from './entries.ts';
import { colon, separator } from './json.ts';
import { arrayAt } from './schema.ts';
import type { Conjunction } from './schema.ts';

/** Longest list of values that a grammar enforces. A longer one accepts any value of its values' types. */
const MOST_VALUES = 2000;
const MOST_CHARACTERS = 65_536;

/** Values that `enum` and `const` allow; undefined if neither is present or there are too many. */
export function fixedValues(schemas: Conjunction): readonly JsonValue[] | undefined {
  const lists = schemas.flatMap((schema) => [
    ...(Array.isArray(schema['enum']) ? [arrayAt(schema, 'enum')] : []),
    ...(schema['const'] === undefined ? [] : [[schema['const']]]),
  ]);
  const [first, ...others] = lists.filter(isShortList);
  if (first === undefined) return undefined;
  const otherTexts = others.map((list) => new Set(list.map(canonical)));
  return first.filter((value) => otherTexts.every((texts) => texts.has(canonical(value))));
}

/** True for a list of values that a grammar enforces. */
export function isShortList(list: readonly JsonValue[]): boolean {
  return list.length <= MOST_VALUES && JSON.stringify(list).length <= MOST_CHARACTERS;
}

/** Expression for one of the values; undefined if there are none. */
export function fixedExpression(
  values: readonly JsonValue[],
  rules: GrammarRules,
): string | undefined {
  const texts: string[] = [];
  const others: string[] = [];
  for (const value of values) {
    if (typeof value === 'object' && value !== null) others.push(structured(value, rules));
    else if (value === null || typeof value === 'boolean') others.push(rules.constant(value));
    else texts.push(JSON.stringify(value));
  }
  const expressions = [...(texts.length > 0 ? [oneOfTexts(texts)] : []), ...others];
  return expressions.length === 0 ? undefined : oneOf(expressions);
}

/** Expression for a value as JSON, with the usual optional white space. */
function structured(value: JsonValue, rules: GrammarRules): string {
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue) => structured(item, rules));
    return bracketed('[]', inOrder(items, rules), rules);
  }
  if (!isRecord(value)) return literal(JSON.stringify(value));
  const entries = Object.entries(value).map(
    ([name, item]) => `${literal(JSON.stringify(name))} ${colon(rules)} ${structured(item, rules)}`,
  );
  return bracketed('{}', inOrder(entries, rules), rules);
}

function inOrder(entries: readonly string[], rules: GrammarRules): Entries {
  const some = entries.length === 0 ? undefined : entries.join(` ${separator(rules)} `);
  return { some, mayBeNone: false };
}

/** Canonical text of a value: equal for equal values in any order of keys. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_key, item: JsonValue) =>
    isRecord(item)
      ? Object.fromEntries(Object.entries(item).toSorted(([one], [two]) => (one < two ? -1 : 1)))
      : item,
  );
}
