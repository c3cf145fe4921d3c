import type { LlamaModel, Token } from 'node-llama-cpp';
import type { PromptStretch } from '../../../prompt/control-tokens.ts';
import { findBreaks, textPieces } from './text-pieces.ts';
import { TimeSlice } from './time-slice.ts';
import { vocabularyOf } from './token-bytes.ts';

/** Vocabularies whose tokens spell all of a text, byte by byte; the others drop white space. */
const SPELLING = ['gpt2', 'llama'];

/** Tokenizes long texts in time slices: other requests go on meanwhile, and a signal ends it. */
export class Tokenizer {
  readonly #model: LlamaModel;
  readonly #breaks: RegExp | undefined;
  /** Bytes of the longest token; Infinity if a text may have fewer tokens than its bytes tell. */
  readonly #longest: number;

  constructor(model: LlamaModel) {
    this.#model = model;
    const { kind, texts } = vocabularyOf(model);
    // SentencePiece puts a space before each text, and node-llama-cpp does not take it away before a line break.
    this.#breaks = findBreaks(texts, kind === 'gpt2' ? [' ', '\n'] : [' ']);
    this.#longest = SPELLING.includes(kind) && texts.length > 0 ? longestOf(texts) : Infinity;
  }

  /** The fewest tokens that a prompt can have, by its size alone. */
  least(stretches: readonly PromptStretch[]): number {
    let control = 0;
    let bytes = 0;
    for (const stretch of stretches) {
      if (stretch.control) control += 1;
      else bytes += Buffer.byteLength(stretch.text);
    }
    return control + Math.ceil(bytes / this.#longest);
  }

  /** A rendered prompt as tokens: control tokens where the template wrote them, plain text elsewhere. */
  async prompt(stretches: readonly PromptStretch[], signal: AbortSignal): Promise<Token[]> {
    const tokens = await this.middle(stretches, signal);
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    if (bos !== null && shouldPrependBosToken && tokens[0] !== bos) tokens.unshift(bos);
    return tokens;
  }

  /** The tokens of stretches in the middle of a prompt, after a control token. */
  async middle(stretches: readonly PromptStretch[], signal: AbortSignal): Promise<Token[]> {
    const slice = new TimeSlice(signal);
    const tokens: Token[] = [];
    for (const [index, { text, control }] of stretches.entries()) {
      let continues = !control && stretches[index - 1]?.control === false;
      for (const piece of textPieces(text, this.#breaks)) {
        // Some tokenizers put a space before every text, which does not belong in the middle of one.
        const options = continues ? 'trimLeadingSpace' : undefined;
        for (const token of this.#model.tokenize(piece, control, options)) tokens.push(token);
        continues = !control;
        await slice.pause();
      }
    }
    return tokens;
  }

  /** Counts the tokens of a text; the texts of control tokens in it are control tokens. */
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

/** Bytes that the longest token may stand for; never fewer than it does. */
function longestOf(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, mostBytes(text)), 1);
}

/** Byte-level vocabularies write each byte as one character of these; others write UTF-8. */
function mostBytes(text: string): number {
  return /^[!-~\u00A1-\u0143]*$/u.test(text) ? text.length : Buffer.byteLength(text);
}
