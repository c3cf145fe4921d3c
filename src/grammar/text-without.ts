import { escapeCharacter } from './gbnf.ts';
import type { GrammarRules } from './gbnf.ts';

/**
 * Defines any text, including the empty one, without the forbidden texts and those that the rules exclude.
 *
 * @throws a RangeError for an empty text, which every text contains
 */
export function textWithout(rules: GrammarRules, ...forbidden: readonly string[]): string {
  if (forbidden.includes('')) throw new RangeError('Every text contains the empty text.');
  // The name derives from the forbidden texts, so that equal texts share their rules.
  const base = `without-${Buffer.from(forbidden.join('\0')).toString('hex')}`;
  return defineAutomaton(rules, base, [...forbidden, ...rules.excluded], { never: '' });
}

/**
 * Defines the characters of a JSON string without the texts that the rules exclude.
 *
 * @param never characters that are always excluded, as in a GBNF character class
 * @param escape expression for an escape sequence
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
 * Defines an Aho-Corasick automaton with one rule for each state, so that every text has exactly one
 * derivation. A state is the longest prefix of a forbidden text that the text so far ends with.
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

/** Prefixes of the texts that contain none of the texts; the empty prefix is first. */
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

/** Length of a shared prefix that is excluded in place of the texts that begin with it. */
const COMMON = 8;
/** Number of texts with a shared prefix up to which each text is excluded separately. */
const MOST_ALIKE = 4;

/**
 * Shortens a list of texts to exclude: vocabularies have up to a thousand reserved tokens, such as
 * `<unused98>`. Texts of one or two characters are dropped, because too much ordinary text contains them.
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
