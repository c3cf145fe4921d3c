import type { AnswerTags } from '../format.ts';
import type { BlockTags } from './layout.ts';
import { specialTokensOf } from './segments.ts';

/** A tag whose name says that it is about thinking. */
const THINKING =
  /<\|?[\w:]*(?:think|thought|reason|inner)[\w:]*\|?>|\[\w*(?:THINK|THOUGHT|REASON)\w*\]/gi;

/** A tag whose name says that it is about an answer, which the source shows as a pair or looks for in answers. */
const ANSWER = [
  /(<[\w:]*(?:answer|response)[\w:]*>)(?=<\/)/g,
  /split\(\s*['"](<[\w:]*(?:answer|response)[\w:]*>)['"]/g,
  /['"](<[\w:]*(?:answer|response)[\w:]*>)['"] in /g,
] as const;

/** A closing tag after which the source keeps the rest of an answer: templates drop the thinking of the past so. */
const DROPPED = [/split\(\s*['"](<\/[\w:]+>)['"]/g, /['"](<\/[\w:]+>)['"] in /g] as const;

/** Words in the names of other tags than those of thinking. */
const OTHER = /answer|response|final|tool|function|call|result|output/i;

/** Words of an opening tag, and those in their place in the closing one. */
const PAIRS = [
  ['prefix', 'suffix'],
  ['START', 'END'],
  ['start', 'end'],
  ['BEGIN', 'END'],
  ['begin', 'end'],
  ['open', 'close'],
  [/^</, '</'],
  [/^\[/, '[/'],
] as const;

/** Tags of a source that are tried, of each kind. */
const MOST_TAGS = 20;

/** Tokens of a source that count. */
const MOST_TOKENS = 100;

/**
 * The tags of thinking that the source of a template names: by words, or because its prompt ends with one of them, or
 * because it drops text before one. Undefined if there are none.
 *
 * @param prompt end of a prompt
 */
export function namedThinking(source: string, prompt: string): BlockTags | undefined {
  const byWord = namedPair(source, source.match(THINKING) ?? []);
  const [opened = ''] = /(?:<[\w:]+>)$/.exec(prompt.trimEnd()) ?? [];
  const dropped = DROPPED.flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, close = '']) => close.replace('</', '<')),
  );
  const others = [opened, ...dropped].filter((open) => open !== '' && !OTHER.test(open));
  return byWord ?? namedPair(source, others);
}

/** The tags of an answer that the source of a template names as a pair; answers of the past may lack them. */
export function namedAnswer(source: string): AnswerTags | undefined {
  const opening = ANSWER.flatMap((pattern) =>
    [...source.matchAll(pattern)].map(([, open = '']) => open),
  );
  const pair = namedPair(source, opening);
  return pair && { ...pair, always: false };
}

function namedPair(source: string, tags: readonly string[]): BlockTags | undefined {
  for (const open of [...new Set(tags)].slice(0, MOST_TAGS)) {
    const close = counterpartIn(source, open);
    if (close !== undefined) return { open, close };
  }
  return undefined;
}

/** The closing one of several tokens for an opening one. */
export function counterpartAmong(tokens: readonly string[], open: string): string | undefined {
  return counterparts(open).find((other) => tokens.includes(other));
}

/** The closing tag of an opening one, if a text contains it. */
export function counterpartIn(text: string, open: string): string | undefined {
  return counterparts(open).find((other) => text.includes(other));
}

function counterparts(open: string): readonly string[] {
  return PAIRS.map(([word, other]) => open.replace(word, other)).filter((close) => close !== open);
}

/**
 * The mark that ends an answer whose beginning ends the thinking, such as `[BEGIN ANSWER]`: models write it, and
 * templates leave it out. Undefined for other tags.
 */
export function endOfBegun(close: string): string | undefined {
  return /^[<[].*(?:BEGIN|START)/i.test(close)
    ? counterparts(close).find((other) => /END/i.test(other))
    : undefined;
}

/** True for a token that is about calls by its name. Models mention these, and mentions are text. */
export function isAboutCalls(token: string): boolean {
  return /tool|function|call|python|recipient/i.test(token);
}

/** True for a token or tag whose name says that a call follows it. */
export function isCallToken(token: string): boolean {
  return /python|(?:tool|function)[_▁]?call/i.test(token) && !/end|\/|close/i.test(token);
}

/** The tokens that steer a model and that the source of a template names, each once. */
export function namedTokens(source: string): readonly string[] {
  const tokens = specialTokensOf(source).filter((token) => !/['"]/.test(token));
  return [...new Set(tokens)].slice(0, MOST_TOKENS);
}
