import type { LlamaModel, Token } from 'node-llama-cpp';
import { isRecord } from '../../../core/json.ts';

/** Tokens in the form of a model's file, and its kind of tokenizer. */
export interface Vocabulary {
  readonly kind: string;
  readonly texts: readonly string[];
}

/** Cache of vocabularies, which have up to 260,000 tokens. */
const read = new WeakMap<LlamaModel, Vocabulary>();

/** Vocabulary of a loaded model; empty if its file has none. */
export function vocabularyOf(model: LlamaModel): Vocabulary {
  const known = read.get(model) ?? readVocabulary(model);
  read.set(model, known);
  return known;
}

function readVocabulary(model: LlamaModel): Vocabulary {
  const section: unknown = Reflect.get(model.fileInfo.metadata.tokenizer, 'ggml');
  const { model: kind, tokens } = isRecord(section) ? section : {};
  const texts = Array.isArray(tokens) ? tokens.filter((text) => typeof text === 'string') : [];
  return { kind: typeof kind === 'string' ? kind : '', texts };
}

/** Bytes of tokens, in order. A token outside of the vocabulary has none. */
export function bytesOf({ kind, texts }: Vocabulary, tokens: readonly Token[]): Buffer {
  const spelled = kind === 'gpt2' ? byteLevel : sentencePiece;
  return Buffer.concat(tokens.map((token) => spelled(texts[token] ?? '')));
}

/** Decodes a token in which each character means one byte. An added token is plain UTF-8. */
function byteLevel(text: string): Buffer {
  const bytes = Array.from(text, (character) => BYTES.get(character));
  return bytes.includes(undefined)
    ? Buffer.from(text)
    : Buffer.from(bytes.filter((byte) => byte !== undefined));
}

/** Decodes a token in UTF-8, or a single byte such as `<0xEF>`. */
function sentencePiece(text: string): Buffer {
  const [, byte] = /^<0x([0-9A-F]{2})>$/.exec(text) ?? [];
  return byte === undefined ? Buffer.from(text) : Buffer.from(byte, 'hex');
}

/**
 * Bytes by their characters in byte-level vocabularies. Printable bytes keep their character, others use U+0100 on.
 *
 * @see https://github.com/openai/gpt-2/blob/master/src/encoder.py
 */
const BYTES: ReadonlyMap<string, number> = byteCharacters();

function byteCharacters(): ReadonlyMap<string, number> {
  const characters = new Map<string, number>();
  let moved = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const isPrintable = /[!-~\u00A1-\u00AC\u00AE-\u00FF]/.test(String.fromCodePoint(byte));
    characters.set(String.fromCodePoint(isPrintable ? byte : moved++), byte);
  }
  return characters;
}
