import { literal } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { separator, space } from './json.ts';

/** The entries of an object or an array, from some entry on. */
export interface Entries {
  /** The first of them with all that may follow; undefined where there can be none. */
  readonly some: string | undefined;
  readonly mayBeNone: boolean;
}

/** One entry with those that may follow it. */
export function followed(entry: string, { some, mayBeNone }: Entries, rules: GrammarRules): string {
  if (some === undefined) return entry;
  const listed = `${separator(rules)} ${some}`;
  return `${entry} ${mayBeNone ? `(${listed})?` : listed}`;
}

/** Entries in their brackets. */
export function bracketed(brackets: '{}' | '[]', entries: Entries, rules: GrammarRules): string {
  const [open, close] = [literal(brackets.charAt(0)), literal(brackets.charAt(1))];
  const gap = space(rules);
  if (entries.some === undefined) return `${open} ${gap} ${close}`;
  const listed = `${entries.some} ${gap}`;
  return `${open} ${gap} ${entries.mayBeNone ? `(${listed})?` : listed} ${close}`;
}
