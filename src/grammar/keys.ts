import { escapeCharacter, literal } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';
import { string } from './json.ts';

/** Total characters of the known names up to which unknown names are kept distinct from them. */
const MOST = 2000;

/** Escapes that JSON writers use. Others, such as `\u0061` or `\/`, would be second spellings. */
const ESCAPES = ['\\"', '\\\\', '\\b', '\\f', '\\n', '\\r', '\\t'] as const;

/** Node of a trie of names. A unit is a character or an escape. */
interface Branch {
  readonly next: Map<string, Branch>;
  ends: boolean;
  /** No name may begin so. */
  isExcluded: boolean;
}

/**
 * Expression for a property name, as a JSON string, that differs from all given names and begins with none of
 * the prefixes.
 */
export function keyExcept(
  names: readonly string[],
  rules: GrammarRules,
  prefixes: readonly string[] = [],
): string {
  const units = names.map((name) => unitsOf(name));
  const isLong = units.flat().length > MOST && prefixes.length === 0;
  if ((names.length === 0 && prefixes.length === 0) || isLong) return string(rules);
  const root = emptyBranch();
  for (const name of units) grow(root, name).ends = true;
  for (const prefix of prefixes) grow(root, unitsOf(prefix)).isExcluded = true;
  const escapes = ESCAPES.map(literal).join(' | ');
  const never = rules.excludedFirsts;
  const others = never.map(escapeCharacter).join('');
  const rest = rules.define('key-rest', String.raw`([^"\\\x00-\x1f${others}] | ${escapes})* "\""`);
  return rules.define('key', String.raw`"\"" ${write(root, rest, never)}`);
}

function emptyBranch(): Branch {
  return { next: new Map<string, Branch>(), ends: false, isExcluded: false };
}

/** Adds the branches of a name, and returns the last one. */
function grow(root: Branch, units: readonly string[]): Branch {
  let branch = root;
  for (const unit of units) {
    const next = branch.next.get(unit) ?? emptyBranch();
    branch.next.set(unit, next);
    branch = next;
  }
  return branch;
}

/** @param never characters that only the given names have */
function write({ next, ends }: Branch, rest: string, never: readonly string[]): string {
  const plain = [...never, ...next.keys()].filter((unit) => !unit.startsWith('\\'));
  const escapes = ESCAPES.filter((escape) => !next.has(escape)).map(literal);
  const ways = [
    ...[...next]
      .filter(([, branch]) => !branch.isExcluded)
      .map(([unit, branch]) => `${literal(unit)} ${write(branch, rest, never)}`),
    String.raw`[^"\\\x00-\x1f${plain.map(escapeCharacter).join('')}] ${rest}`,
    ...(escapes.length > 0 ? [`(${escapes.join(' | ')}) ${rest}`] : []),
    ...(ends ? [] : [String.raw`"\""`]),
  ];
  return `(${ways.join(' | ')})`;
}

/** Units of a name as it is written in JSON. */
function unitsOf(name: string): readonly string[] {
  return (
    JSON.stringify(name)
      .slice(1, -1)
      .match(/\\u[0-9a-f]{4}|\\.|[^\\]/gu) ?? []
  );
}
