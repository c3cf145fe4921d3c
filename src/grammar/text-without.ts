import { escapeCharacter } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';

/**
 * Defines any text, even none, that contains neither the given one nor a text that the rules exclude.
 *
 * @throws a RangeError for an empty text, which every text contains
 */
export function textWithout(rules: GrammarRules, forbidden: string): string {
  if (forbidden === '') throw new RangeError('Every text contains the empty text.');
  // Named by what it forbids: wherever the same text is forbidden, the same rules stand for it.
  const base = `without-${Buffer.from(forbidden).toString('hex')}`;
  return defineAutomaton(rules, base, [forbidden, ...rules.excluded], { never: '' });
}

/**
 * Defines the characters of a JSON string without the texts that the rules exclude, if they exclude any.
 *
 * @param never what no character may be, as in a class of GBNF
 * @param escape expression of an escape
 */
export function jsonTextWithout(rules: GrammarRules, never: string, escape: string): string {
  const texts = rules.excluded.filter((text) => !/["\\\p{Cc}]/u.test(text));
  return defineAutomaton(rules, 'without-excluded', texts, { never, escape });
}

interface Alphabet {
  readonly never: string;
  readonly escape?: string;
}

/**
 * Defines the automaton of Aho and Corasick with a rule for each state, so that every text has exactly one way
 * through it. A state is what the text ends with of the beginning of a forbidden one.
 */
function defineAutomaton(
  rules: GrammarRules,
  base: string,
  texts: readonly string[],
  { never, escape }: Alphabet,
): string {
  if (rules.has(`${base}-0`)) return `${base}-0`;
  const states = statesOf(texts);
  const numbers = new Map(states.map((state, number) => [state, number]));
  const alphabet = [...new Set(texts.flatMap((text) => Array.from(text)))];
  for (const [state, number] of numbers) {
    const steps = alphabet
      .map((character) => [character, stateAfter(state + character, numbers, texts)] as const)
      .filter(([, next]) => next !== 0);
    const others = steps.map(([character]) => escapeCharacter(character)).join('');
    const ways = [
      ...steps.flatMap(([character, next]) =>
        next === undefined ? [] : [`[${escapeCharacter(character)}] ${base}-${next}`],
      ),
      ...(escape === undefined ? [] : [`${escape} ${base}-0`]),
      `[^${never}${others}] ${base}-0`,
    ];
    rules.define(`${base}-${number}`, `(${ways.join(' | ')})?`);
  }
  return `${base}-0`;
}

/** The beginnings of the texts, none first, as far as they contain no other of the texts. */
function statesOf(texts: readonly string[]): readonly string[] {
  const states = new Set(['']);
  for (const text of texts) {
    const characters = Array.from(text);
    for (let length = 1; length < characters.length; length++) {
      const state = characters.slice(0, length).join('');
      if (texts.some((other) => state.endsWith(other))) break;
      states.add(state);
    }
  }
  return [...states];
}

/** Number of the state that a text ends in; undefined if it ends with a forbidden text. */
function stateAfter(
  read: string,
  numbers: ReadonlyMap<string, number>,
  texts: readonly string[],
): number | undefined {
  if (texts.some((text) => read.endsWith(text))) return undefined;
  for (let start = 0; start < read.length; start++) {
    const state = numbers.get(read.slice(start));
    if (state !== undefined) return state;
  }
  return 0;
}

/** Texts that begin with so many characters in common are excluded by these alone. */
const COMMON = 8;
/** Number of texts up to which each one is excluded by itself. */
const MOST_ALIKE = 4;

/**
 * Shortens a list of texts to exclude: vocabularies have up to a thousand that are reserved, such as
 * `<unused98>`. One or two characters are left out, since too much would contain them.
 */
export function condensed(texts: readonly string[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const text of texts) {
    if (text.length < 3) continue;
    const beginning = text.slice(0, COMMON);
    groups.set(beginning, [...(groups.get(beginning) ?? []), text]);
  }
  return [...groups].flatMap(([beginning, group]) =>
    group.length > MOST_ALIKE ? [beginning] : group,
  );
}
