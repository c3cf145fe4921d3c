/** Usual UTF-16 units of a piece, for which llama.cpp takes a few milliseconds. */
const PIECE = 4096;
/** Longest piece. One without a place to cut it ends here, so its tokens may differ. */
const LONGEST = 4 * PIECE;

/** Byte-level vocabularies write each byte as a character: letters, parts of letters, and white space. */
const BYTE_LETTER = '[A-Za-z\\u00A1-\\u00FF\\u0122-\\u0143]';
/** White space before which texts may be cut, and its form in tokens of the two kinds of vocabulary. */
const SPACES = [
  { space: ' ', inside: new RegExp(`${BYTE_LETTER}Ġ|\\p{L}[ ▁]`, 'u') },
  { space: '\n', inside: new RegExp(`${BYTE_LETTER}Ċ|\\p{L}\\n`, 'u') },
] as const;

/**
 * Finds the places at which a text can be cut without a change of its tokens: between a letter and white space,
 * unless a token contains both. Pre-tokenizers end a word there, and merges only make tokens of the vocabulary, so
 * none spans the place.
 *
 * @param tokens all tokens in the form of the model's file
 * @param spaces white space before which the tokenizer can resume a text
 */
export function findBreaks(
  tokens: readonly string[],
  spaces: readonly string[] = [' ', '\n'],
): RegExp | undefined {
  // One search in the joined tokens, because vocabularies have 260,000 of them.
  const all = tokens.join('\0');
  const safe = SPACES.filter(
    ({ space, inside }) => spaces.includes(space) && !inside.test(all),
  ).map(({ space }) => space);
  if (safe.length === 0) return undefined;
  // Letters outside of the first plane are newer than some tokenizers.
  return new RegExp(`(?![\\u{10000}-\\u{10FFFF}])\\p{L}(?=[${safe.join('')}])`, 'u');
}

/** Splits a text into pieces, in order. Equal beginnings of two texts have equal pieces. */
export function* textPieces(text: string, breaks: RegExp | undefined): Generator<string> {
  let from = 0;
  while (text.length - from > LONGEST) {
    const end = breakIn(text, from, breaks) ?? hardEnd(text, from);
    yield text.slice(from, end);
    from = end;
  }
  if (from < text.length) yield text.slice(from);
}

function breakIn(text: string, from: number, breaks: RegExp | undefined): number | undefined {
  const found = breaks && text.slice(from + PIECE, from + LONGEST).search(breaks);
  return found === undefined || found === -1 ? undefined : from + PIECE + found + 1;
}

/** Returns an end between two characters, so that no surrogate pair is split. */
function hardEnd(text: string, from: number): number {
  const end = from + LONGEST;
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
