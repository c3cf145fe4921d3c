import type { LlamaModel, Token } from 'node-llama-cpp';

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
    this.#pending.push(...tokens);
    const text = this.#model.detokenize(this.#pending, true, this.#before);
    if (text.endsWith(BROKEN) && this.#pending.length < LONGEST_CHARACTER) return '';
    return this.#settle(text);
  }

  /** The text that is left at the end, without the bytes of a character that was cut. */
  flush(): string {
    if (this.#pending.length === 0) return '';
    return this.#settle(this.#model.detokenize(this.#pending, true, this.#before));
  }

  /** Takes other tokens in place of those that the last whole text came from. */
  replace(tokens: readonly Token[]): void {
    this.#before = [...this.#earlier, ...tokens].slice(-CONTEXT);
  }

  #settle(text: string): string {
    const whole = this.#wholeText(text);
    this.#earlier = this.#before;
    this.#before = [...this.#before, ...this.#pending].slice(-CONTEXT);
    this.#pending = [];
    return whole;
  }

  /** The model may write U+FFFD itself: only one that its tokens do not spell stands for broken bytes. */
  #wholeText(text: string): string {
    if (!text.includes(BROKEN)) return text;
    const spelled = this.#model.tokenize(text, false, 'trimLeadingSpace');
    const isWritten = this.#pending.join() === spelled.join();
    return isWritten ? text : text.replaceAll(BROKEN, '');
  }
}
