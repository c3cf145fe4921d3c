import type { LlamaModel, Token } from 'node-llama-cpp';
import { bytesOf, vocabularyOf } from '../../model/token-bytes.ts';

/**
 * Finds all tokens of a stream's item. llama-server sends only the last token of a character that has several; the text
 * of the item and the number of its tokens determine the others.
 *
 * @param content text of the item
 * @param last last token of the item, or none
 * @param count number of its tokens
 */
export function allTokens(
  model: LlamaModel,
  content: string,
  last: readonly Token[],
  count: number,
): readonly Token[] {
  if (count <= last.length || content === '') return last;
  const usual = model.tokenize(content, false, 'trimLeadingSpace');
  if (usual.length === count && usual.at(-1) === last.at(-1)) return usual;
  const vocabulary = vocabularyOf(model);
  const bytes = Buffer.from(content).toString('latin1');
  const end = bytesOf(vocabulary, last).toString('latin1');
  const before = bytes.endsWith(end) ? bytes.slice(0, bytes.length - end.length) : bytes;
  const others = split(before, count - last.length, tokensByBytes(model));
  // Other tokens with the same text are evaluated again, but the text is right.
  return others === undefined ? usual : [...others, ...last];
}

/** Splits bytes into a number of tokens, the longest first. */
function split(
  bytes: string,
  count: number,
  tokens: ReadonlyMap<string, Token>,
): readonly Token[] | undefined {
  if (count === 0) return bytes === '' ? [] : undefined;
  for (let length = bytes.length - count + 1; length > 0; length--) {
    const token = tokens.get(bytes.slice(0, length));
    const rest = token && split(bytes.slice(length), count - 1, tokens);
    if (token !== undefined && rest !== undefined) return [token, ...rest];
  }
  return undefined;
}

/** Tokens by their bytes. A vocabulary has up to 260,000 of them. */
const known = new WeakMap<LlamaModel, ReadonlyMap<string, Token>>();

function tokensByBytes(model: LlamaModel): ReadonlyMap<string, Token> {
  const found = known.get(model) ?? new Map(entriesOf(model));
  known.set(model, found);
  return found;
}

function* entriesOf(model: LlamaModel): Generator<[string, Token]> {
  const vocabulary = vocabularyOf(model);
  for (const token of model.iterateAllTokens()) {
    yield [bytesOf(vocabulary, [token]).toString('latin1'), token];
  }
}
