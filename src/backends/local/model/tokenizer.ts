import type { LlamaModel, Token } from 'node-llama-cpp';
import type { PromptStretch } from '../../../prompt/control-tokens.ts';
import { findBreaks, textPieces } from './text-pieces.ts';
import { TimeSlice } from './time-slice.ts';
import { vocabularyOf } from './token-bytes.ts';

/** Vocabularies whose tokens contain all bytes of a text; others drop white space. */
const SPELLING = ['gpt2', 'llama'];

/** Tokenizes long texts in time slices, so that other requests continue and a signal can end it. */
export class Tokenizer {
  readonly #model: LlamaModel;
  readonly #breaks: RegExp | undefined;
  /** Bytes of the longest token; Infinity if the number of bytes is no lower bound. */
  readonly #longest: number;

  constructor(model: LlamaModel) {
    this.#model = model;
    const { kind, texts } = vocabularyOf(model);
    // SentencePiece adds a space before each text, and node-llama-cpp does not remove it before a line break.
    this.#breaks = findBreaks(texts, kind === 'gpt2' ? [' ', '\n'] : [' ']);
    this.#longest = SPELLING.includes(kind) && texts.length > 0 ? longestOf(texts) : Infinity;
  }

  /** Returns a lower bound of a prompt's tokens, by its size alone. */
  least(stretches: readonly PromptStretch[]): number {
    let control = 0;
    let bytes = 0;
    for (const stretch of stretches) {
      if (stretch.control) control += 1;
      else bytes += Buffer.byteLength(stretch.text);
    }
    return control + Math.ceil(bytes / this.#longest);
  }

  /** Tokenizes a rendered prompt. Only text of the template becomes control tokens. */
  async prompt(stretches: readonly PromptStretch[], signal: AbortSignal): Promise<Token[]> {
    const tokens = await this.middle(stretches, signal);
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (bos !== null && shouldPrependBosToken && tokens[0] !== bos) tokens.unshift(bos);
    return tokens;
  }

  /** Tokenizes stretches in the middle of a prompt, after a control token. */
  async middle(stretches: readonly PromptStretch[], signal: AbortSignal): Promise<Token[]> {
    const slice = new TimeSlice(signal);
    const tokens: Token[] = [];
    for (const [index, { text, control }] of stretches.entries()) {
      let continues = !control && stretches[index - 1]?.control === false;
      for (const piece of textPieces(text, this.#breaks)) {
        // Some tokenizers add a space before every text, which is wrong in the middle of a prompt.
        const options = continues ? 'trimLeadingSpace' : undefined;
        for (const token of this.#model.tokenize(piece, control, options)) tokens.push(token);
        continues = !control;
        await slice.pause();
      }
    }
    return tokens;
  }

  /** Counts the tokens of a text. The texts of control tokens in it count as control tokens. */
  async count(text: string, signal: AbortSignal): Promise<number> {
    const slice = new TimeSlice(signal);
    let count = 0;
    for (const piece of textPieces(text, this.#breaks)) {
      const options = count > 0 ? 'trimLeadingSpace' : undefined;
      count += this.#model.tokenize(piece, true, options).length;
      await slice.pause();
    }
    return count;
  }
}

/** Upper bound of the bytes of the longest token. */
function longestOf(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, mostBytes(text)), 1);
}

/** Upper bound of a token's bytes. Byte-level vocabularies write each byte as one character, others write UTF-8. */
function mostBytes(text: string): number {
  return /^[!-~\u00A1-\u0143]*$/u.test(text) ? text.length : Buffer.byteLength(text);
}
