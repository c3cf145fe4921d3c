import type { LlamaModel, Token } from 'node-llama-cpp';
import { bytesOf, vocabularyOf } from './token-bytes.ts';
import { append } from '../../../core/lists.ts';

/**
 * Texts of the control tokens of a model, which content must not become: control tokens of the vocabulary, and
 * user-defined ones that the template or the format writes. Other user-defined tokens are plain text, such as runs
 * of spaces.
 *
 * @param markup source of the template and tags of the format
 */
export function controlTokenTexts(model: LlamaModel, markup: string): readonly string[] {
  const texts: string[] = [];
  for (const token of model.iterateAllTokens()) {
    const steers = model.isSpecialToken(token);
    if (!steers && !model.getTokenAttributes(token).userDefined) continue;
    const text = model.detokenize([token], true);
    if (steers || (/[^\s\w]/.test(text) && markup.includes(text))) texts.push(text);
  }
  return texts;
}

/** Upper bound of the tokens of one character, with a margin: UTF-8 has four bytes. */
const LONGEST_CHARACTER = 8;
/** Character for invalid bytes. */
const BROKEN = '\uFFFD';
/** Its bytes in UTF-8. The first of them always begins a character. */
const BROKEN_BYTES = Buffer.from(BROKEN).toString('latin1');
/** Number of earlier tokens that decide about white space before the present ones. */
const CONTEXT = 8;

/**
 * Converts generated tokens to text one by one. An incomplete character is buffered; one that never becomes
 * complete is dropped.
 */
export class TokenText {
  readonly #model: LlamaModel;
  #pending: Token[] = [];
  #before: Token[];
  /** `#before` before the last complete text. */
  #earlier: Token[] = [];

  /** @param before last tokens of the prompt */
  constructor(model: LlamaModel, before: readonly Token[]) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT);
  }

  /** True if the last character is incomplete. */
  get isIncomplete(): boolean {
    return this.#pending.length > 0;
  }

  /** Adds tokens. Returns the text that is complete. */
  push(tokens: readonly Token[]): string {
    append(this.#pending, tokens);
    const text = this.#model.detokenize(this.#pending, true, this.#before);
    if (!text.includes(BROKEN)) return this.#settle(text);
    const written = this.#writtenMarks();
    const isCut = text.endsWith(BROKEN) && written.at(-1) !== true;
    if (isCut && this.#pending.length < LONGEST_CHARACTER) return '';
    return this.#settle(withoutBroken(text, written));
  }

  /** Returns the rest at the end, without the bytes of an incomplete character. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    const text = this.#model.detokenize(this.#pending, true, this.#before);
    return this.#settle(withoutBroken(text, this.#writtenMarks()));
  }

  /** Replaces the tokens of the last complete text. */
  replace(tokens: readonly Token[]): void {
    this.#before = [...this.#earlier, ...tokens].slice(-CONTEXT);
  }

  #settle(text: string): string {
    this.#earlier = this.#before;
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT);
    this.#pending = [];
    return text;
  }

  /** Finds for each U+FFFD in the text of the pending tokens if the model wrote it itself. */
  #writtenMarks(): readonly boolean[] {
    return bytesOf(vocabularyOf(this.#model), this.#pending)
      .toString('latin1')
      .split(BROKEN_BYTES)
      .flatMap((bytes, index) => {
        const broken = Buffer.from(bytes, 'latin1').toString().split(BROKEN).slice(1);
        return [...(index > 0 ? [true] : []), ...broken.map(() => false)];
      });
  }
}

function withoutBroken(text: string, written: readonly boolean[]): string {
  let index = 0;
  return text.replaceAll(BROKEN, () => (written[index++] === true ? BROKEN : ''));
}
