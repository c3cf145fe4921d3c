import type { GrammarRules } from './gbnf.ts';
import { STRING_FORMATS } from './formats.ts';
import { character } from './json.ts';
import { keyExcept } from './keys.ts';
import { excludedTexts } from './negation.ts';
import { patternExpression } from './patterns.ts';
import { repeated } from './repetition.ts';
import { countBounds, textsAt } from './schema.ts';
import type { Conjunction } from './schema.ts';

/**
 * Expression for strings; undefined if no string is valid. A pattern has precedence over a format, both over
 * length bounds, and all over excluded texts: a grammar can't enforce two of them at once.
 */
export function stringExpression(schemas: Conjunction, rules: GrammarRules): string | undefined {
  const bounds = countBounds(schemas, 'Length');
  if (bounds.least > bounds.most) return undefined;
  const [special] = [
    ...textsAt(schemas, 'pattern').flatMap(
      (source) => patternExpression(source, bounds, rules) ?? [],
    ),
    ...textsAt(schemas, 'format').flatMap((format) => STRING_FORMATS.get(format) ?? []),
  ];
  if (special !== undefined) return rules.define('string', String.raw`"\"" ${special} "\""`);
  if (bounds.least === 0 && bounds.most === Infinity)
    return keyExcept(excludedTexts(schemas), rules);
  return rules.define('string', String.raw`"\"" ${repeated(character(rules), bounds)} "\""`);
}
