import type { GrammarRules } from '../gbnf.ts';
import { character, string } from './json.ts';
import { repeated } from './repetition.ts';
import { countBounds } from './schema.ts';
import type { Conjunction } from './schema.ts';

/** An expression for strings; undefined where none is valid. */
export function stringExpression(schemas: Conjunction, rules: GrammarRules): string | undefined {
  const bounds = countBounds(schemas, 'Length');
  if (bounds.least > bounds.most) return undefined;
  if (bounds.least === 0 && bounds.most === Infinity) return string(rules);
  return rules.define('string', String.raw`"\"" ${repeated(character(rules), bounds)} "\""`);
}
