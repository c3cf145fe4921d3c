import type { Vocabulary } from '../random-model/vocabulary.ts';

const TOKENS = Buffer.from('tokenizer.ggml.tokens');
/** Bytes before the strings of a list: length of its key, key, types of the list and of its items, and count. */
const HEAD_BYTES = 8 + TOKENS.length + 4 + 4 + 8;
const STRING_HEAD_BYTES = 8;

/** Word in a byte-level vocabulary, which writes a space as `Ġ`. */
const WORD = /^Ġ[a-z]{3,}$/;

/** Finds the tokens that are a space and a lower-case word, such as `Ġthe`, by their ids. */
export function wordsOf({ entries }: Vocabulary): ReadonlyMap<number, string> {
  const list = entries.find((entry) =>
    TOKENS.equals(entry.subarray(STRING_HEAD_BYTES, STRING_HEAD_BYTES + TOKENS.length)),
  );
  if (list === undefined) throw new Error('The vocabulary has no tokens.');
  const bytes = Buffer.from(list);
  const words = new Map<number, string>();
  let id = 0;
  for (let at = HEAD_BYTES; at < bytes.length; id += 1) {
    const start = at + STRING_HEAD_BYTES;
    at = start + Number(bytes.readBigUInt64LE(at));
    const token = bytes.toString('utf8', start, at);
    if (WORD.test(token)) words.set(id, token.slice(1));
  }
  return words;
}

/** Makes a text of `count` words, about one token each. Each seed has different words. */
export function prose(words: readonly string[], count: number, seed: number): string {
  let state = seed + 1;
  const chosen = Array.from({ length: count }, () => {
    // Source of the constants: Numerical Recipes' linear congruential generator.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return words[Math.floor((state / 2 ** 32) * words.length)];
  });
  return chosen.join(' ');
}
