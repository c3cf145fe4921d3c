/** UTF-16 units of a piece as a rule: llama.cpp takes a few milliseconds for them. */
const PIECE = 4096;
/** A piece without a place to cut it ends here all the same, so its tokens may differ from those of one go. */
const LONGEST = 4 * PIECE;

/** Byte-level vocabularies write each byte as a character: letters, parts of letters, and white space. */
const BYTE_LETTER = '[A-Za-z\\u00A1-\\u00FF\\u0122-\\u0143]';
/** White space in front of which texts may be cut, and how the tokens of the two kinds of vocabulary write it. */
const SPACES = [
  { space: ' ', inside: new RegExp(`${BYTE_LETTER}Ġ|\\p{L}[ ▁]`, 'u') },
  { space: '\n', inside: new RegExp(`${BYTE_LETTER}Ċ|\\p{L}\\n`, 'u') },
] as const;

/**
 * Finds the places at which a text can be cut without any change to its tokens: between a letter and white
 * space, unless a token has the two side by side. Pre-tokenizers end a word there, and merges only make
 * tokens of the vocabulary, so none reaches across.
 *
 * @param tokens all tokens as the model's file writes them
 * @param spaces the white space in front of which the tokenizer takes up a text again
 */
export function findBreaks(
  tokens: readonly string[],
  spaces: readonly string[] = [' ', '\n'],
): RegExp | undefined {
  // One search in one text: vocabularies have 260,000 tokens.
  const all = tokens.join('\0');
  const safe = SPACES.filter(
    ({ space, inside }) => spaces.includes(space) && !inside.test(all),
  ).map(({ space }) => space);
  if (safe.length === 0) return undefined;
  // Letters beyond the first plane are newer than some tokenizers.
  return new RegExp(`(?![\\u{10000}-\\u{10FFFF}])\\p{L}(?=[${safe.join('')}])`, 'u');
}

/** The text in pieces, in order. The same beginning of two texts comes in the same pieces. */
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

/** Between two characters: one of two units is not cut. */
function hardEnd(text: string, from: number): number {
  const end = from + LONGEST;
  return /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
