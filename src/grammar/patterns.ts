import { oneOf } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { inJsonString } from './code-points.ts';
import { character } from './json.ts';
import { parsePattern } from './pattern-parser.ts';
import type { Pattern } from './pattern-parser.ts';
import { repeated } from './repetition.ts';

/** Longest pattern that is parsed. */
const MOST_CHARACTERS = 1000;

interface Bounds {
  readonly least: number;
  readonly most: number;
}

/**
 * Expression for the content, without quotes, of a string that matches a pattern; undefined if a grammar
 * can't express the pattern. Length bounds are enforced only if the pattern is one character class.
 */
export function patternExpression(
  source: string,
  bounds: Bounds,
  rules: GrammarRules,
): string | undefined {
  const pattern = source.length > MOST_CHARACTERS ? undefined : parsePattern(source);
  if (pattern === undefined) return undefined;
  const options = pattern.kind === 'choice' ? pattern.options : [pattern];
  const written = options.map((option) => wholeExpression(option, bounds, rules));
  const known = written.filter((one) => one !== undefined);
  return known.length === written.length ? oneOf(known) : undefined;
}

/** Adds any text before and after a pattern, except at its anchors: a pattern may match anywhere. */
function wholeExpression(option: Pattern, bounds: Bounds, rules: GrammarRules): string | undefined {
  const items = option.kind === 'sequence' ? option.items : [option];
  const atStart = items[0]?.kind === 'start';
  const atEnd = items.at(-1)?.kind === 'end';
  const inner = items.slice(atStart ? 1 : 0, atEnd ? -1 : undefined);
  const [only] = inner;
  if (atStart && atEnd && inner.length === 1 && only?.kind === 'repeat') {
    return expressionOf(only.item.kind === 'character' ? tightened(only, bounds) : only, rules);
  }
  const matched = expressionOf({ kind: 'sequence', items: inner }, rules);
  const around = `${character(rules)}*`;
  return matched && [...(atStart ? [] : [around]), matched, ...(atEnd ? [] : [around])].join(' ');
}

function tightened(repeat: Pattern & { readonly kind: 'repeat' }, bounds: Bounds): Pattern {
  const least = Math.max(repeat.least, bounds.least);
  const most = Math.min(repeat.most, bounds.most);
  return least > most ? repeat : { ...repeat, least, most };
}

function expressionOf(pattern: Pattern, rules: GrammarRules): string | undefined {
  switch (pattern.kind) {
    case 'character':
      return inJsonString(pattern.ranges, rules.excludedFirsts);
    case 'sequence':
      return joined(pattern.items, rules, (items) => items.join(' ') || '""');
    case 'choice':
      return joined(pattern.options, rules, oneOf);
    case 'repeat':
      return repeatExpression(pattern, rules);
    case 'start':
    case 'end':
      // Anchors in the middle of a pattern are conditions, which a grammar can't express.
      return undefined;
    default:
      return pattern satisfies never;
  }
}

function joined(
  patterns: readonly Pattern[],
  rules: GrammarRules,
  join: (expressions: readonly string[]) => string,
): string | undefined {
  const expressions = patterns.map((pattern) => expressionOf(pattern, rules));
  const known = expressions.filter((one) => one !== undefined);
  return known.length === expressions.length ? join(known) : undefined;
}

function repeatExpression(
  { item, least, most }: Pattern & { readonly kind: 'repeat' },
  rules: GrammarRules,
): string | undefined {
  // llama.cpp rejects an unbounded repetition of an item that may be empty.
  if (isEmptiable(item) && most > 1) return undefined;
  const expression = expressionOf(item, rules);
  if (expression === undefined) return undefined;
  return repeated(rules.define('part', expression), { least, most }) || '""';
}

function isEmptiable(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'character':
      return false;
    case 'sequence':
      return pattern.items.every(isEmptiable);
    case 'choice':
      return pattern.options.some(isEmptiable);
    case 'repeat':
      return pattern.least === 0 || isEmptiable(pattern.item);
    case 'start':
    case 'end':
      return true;
    default:
      return pattern satisfies never;
  }
}
