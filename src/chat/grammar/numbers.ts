import type { GrammarRules } from '../gbnf.ts';
import { number } from './json.ts';
import type { Conjunction } from './schema.ts';

/** An expression for numbers; undefined where none is valid. */
export function numberExpression(
  _schemas: Conjunction,
  type: 'number' | 'integer',
  rules: GrammarRules,
): string | undefined {
  if (type === 'integer') return rules.define('integer', '"-"? ("0" | [1-9] [0-9]{0,19})');
  return number(rules);
}
