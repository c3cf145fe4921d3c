import { escapeCharacter } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { jsonTextWithout } from './text-without.ts';

// Models write `{"a": 1}`, `{"a":1}` or one entry per line. White space is bounded, so that a model can't
// repeat it for ever.

/** White space after an opening bracket or a comma, and before a closing bracket. */
export function space(rules: GrammarRules): string {
  return rules.define('space', String.raw`(" " | "\n" [ \t]{0,32})?`);
}

/** Comma between two entries, with white space. */
export function separator(rules: GrammarRules): string {
  return rules.define('separator', `"," ${space(rules)}`);
}

/** Colon between a name and its value, with white space. */
export function colon(rules: GrammarRules): string {
  return rules.define('colon', '":" " "?');
}

/** Characters that a JSON string can't contain, as in a GBNF character class. */
const NEVER = String.raw`"\\\x00-\x1f`;

/**
 * One code point of a JSON string, as itself or as an escape; lone surrogates are excluded. First characters
 * of excluded texts are accepted as an escape only.
 */
export function character(rules: GrammarRules): string {
  const firsts = rules.excludedFirsts.map(escapeCharacter).join('');
  return rules.define('character', String.raw`[^${NEVER}${firsts}] | ${escaped(rules)}`);
}

function escaped(rules: GrammarRules): string {
  const unit = String.raw`[0-9a-ce-fA-CE-F] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}`;
  const pair = String.raw`[dD] [89abAB] [0-9a-fA-F]{2} "\\u" [dD] [c-fC-F] [0-9a-fA-F]{2}`;
  const escape = rules.define('escape', String.raw`["\\/bfnrt] | "u" (${unit} | ${pair})`);
  return String.raw`"\\" ${escape}`;
}

/** Any JSON string. */
export function string(rules: GrammarRules): string {
  const text =
    rules.excluded.length === 0
      ? `${character(rules)}*`
      : jsonTextWithout(rules, NEVER, escaped(rules));
  return rules.define('string', String.raw`"\"" ${text} "\""`);
}

/** Any JSON number in the range of a double, with at most as many digits as a double has. */
export function number(rules: GrammarRules): string {
  const whole = '"-"? ("0" | [1-9] [0-9]{0,20})';
  const exponent = '[eE] ("+"? [0-9]{1,2} | "-" [0-9]{1,3})';
  return rules.define('number', `${whole} ("." [0-9]{1,24})? (${exponent})?`);
}

/** Any JSON value. */
export function value(rules: GrammarRules): string {
  const constants = [true, false, null].map((constant) => rules.constant(constant)).join(' | ');
  const scalars = `${string(rules)} | ${number(rules)} | ${constants}`;
  return rules.defineRecursive(
    'value',
    (name) => `${objectOf(name, rules)} | ${arrayOf(name, rules)} | ${scalars}`,
  );
}

/** Any JSON object. */
export function object(rules: GrammarRules): string {
  return rules.define('object', objectOf(value(rules), rules));
}

function objectOf(item: string, rules: GrammarRules): string {
  const entry = `${string(rules)} ${colon(rules)} ${item}`;
  return `"{" ${space(rules)} (${entry} (${separator(rules)} ${entry})* ${space(rules)})? "}"`;
}

function arrayOf(item: string, rules: GrammarRules): string {
  return `"[" ${space(rules)} (${item} (${separator(rules)} ${item})* ${space(rules)})? "]"`;
}
