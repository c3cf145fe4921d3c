import type { LlamaModel, Token } from 'node-llama-cpp';
import { bytesOf, vocabularyOf } from './token-bytes.ts';
import { append } from '../../../core/lists.ts';

/**
 * The texts of the tokens that steer a model and that no one's content may become: control tokens, and
 * user-defined ones that its template or its format write. Other user-defined tokens are mere text, such
 * as runs of spaces.
 *
 * @param markup the template's source and the format's tags
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

/** Tokens that one character may at most be spread over, with a margin: UTF-8 has four bytes. */
const LONGEST_CHARACTER = 8;
/** Character that broken bytes are decoded to. */
const BROKEN = '\uFFFD';
/** Its own bytes in UTF-8, of which the first begins a character wherever it occurs. */
const BROKEN_BYTES = Buffer.from(BROKEN).toString('latin1');
/** How many tokens before the current ones decide about white space between them. */
const CONTEXT = 8;

/**
 * Turns generated tokens into text one by one. A character that is not whole yet is held back; one that
 * never becomes whole is left out.
 */
export class TokenText {
  readonly #model: LlamaModel;
  #pending: Token[] = [];
  #before: Token[];
  /** `#before` as it was before the last whole text. */
  #earlier: Token[] = [];

  /** `before` are the last tokens of the prompt. */
  constructor(model: LlamaModel, before: readonly Token[]) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT);
  }

  /** The text that is whole by now. */
  push(tokens: readonly Token[]): string {
    append(this.#pending, tokens);
    const text = this.#model.detokenize(this.#pending, true, this.#before);
    if (!text.includes(BROKEN)) return this.#settle(text);
    const written = this.#writtenMarks();
    const isCut = text.endsWith(BROKEN) && written.at(-1) !== true;
    if (isCut && this.#pending.length < LONGEST_CHARACTER) return '';
    return this.#settle(withoutBroken(text, written));
  }

  /** The text that is left at the end, without the bytes of a character that was cut. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    const text = this.#model.detokenize(this.#pending, true, this.#before);
    return this.#settle(withoutBroken(text, this.#writtenMarks()));
  }

  /** Takes other tokens in place of those that the last whole text came from. */
  replace(tokens: readonly Token[]): void {
    this.#before = [...this.#earlier, ...tokens].slice(-CONTEXT);
  }

  #settle(text: string): string {
    this.#earlier = this.#before;
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT);
    this.#pending = [];
    return text;
  }

  /** For each U+FFFD in the text of the pending tokens: true if the model wrote it itself. */
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
