import { literal } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { separator, space } from './json.ts';

/** Entries of an object or an array, from one of them to the end. */
export interface Entries {
  /** Expression for one or more entries; undefined if no entry is valid. */
  readonly some: string | undefined;
  readonly mayBeNone: boolean;
}

/** Expression for one entry and the entries that may follow it. */
export function followed(entry: string, { some, mayBeNone }: Entries, rules: GrammarRules): string {
  if (some === undefined) return entry;
  const listed = `${separator(rules)} ${some}`;
  return `${entry} ${mayBeNone ? `(${listed})?` : listed}`;
}

/** Expression for entries with their brackets. */
export function bracketed(brackets: '{}' | '[]', entries: Entries, rules: GrammarRules): string {
  const [open, close] = [literal(brackets.charAt(0)), literal(brackets.charAt(1))];
  const gap = space(rules);
  if (entries.some === undefined) return `${open} ${gap} ${close}`;
  const listed = `${entries.some} ${gap}`;
  return `${open} ${gap} ${entries.mayBeNone ? `(${listed})?` : listed} ${close}`;
}
