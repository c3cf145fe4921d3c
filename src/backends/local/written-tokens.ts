import type { LlamaModel, Token } from 'node-llama-cpp';
import { append } from '../../core/lists.ts';
import { TokenText } from './model/vocabulary.ts';

export interface WrittenTokensOptions {
  readonly model: LlamaModel;
  /** Text tokens of the prompt, which the text continues. */
  readonly before: readonly Token[];
  /** Largest number of tokens. */
  readonly maxTokens: number;
}

/** Tokens that a completion has written after its prompt, with their text. */
export class WrittenTokens {
  readonly #options: WrittenTokensOptions;
  readonly #tokens: Token[] = [];
  readonly #text: TokenText;
  #marked = 0;

  constructor(options: WrittenTokensOptions) {
    this.#options = options;
    this.#text = new TokenText(options.model, options.before);
  }

  get tokens(): readonly Token[] {
    return this.#tokens;
  }

  /** Number of tokens that may follow. */
  get remaining(): number {
    return this.#options.maxTokens - this.#tokens.length;
  }

  /** True if the last character is incomplete. */
  get isIncomplete(): boolean {
    return this.#text.isIncomplete;
  }

  /** Adds tokens. Returns the text that is complete. */
  push(tokens: readonly Token[]): string {
    append(this.#tokens, tokens);
    return this.#text.push(tokens);
  }

  /** Returns the tokens of a text; undefined if there are too many. */
  tokensOf(text: string): readonly Token[] | undefined {
    const tokens = this.#options.model.tokenize(text, true);
    return tokens.length > this.remaining ? undefined : tokens;
  }

  /** Replaces the last token by a beginning of its text. Returns the tokens of that. */
  cut(text: string): readonly Token[] {
    const tokens = this.#options.model.tokenize(text, true);
    this.#tokens.pop();
    append(this.#tokens, tokens);
    this.#text.replace(tokens);
    return tokens;
  }

  /** Returns the rest of the text at the end. */
  flush(): string {
    return this.#text.flush();
  }

  mark(): void {
    this.#marked = this.#tokens.length;
  }

  /** Drops the tokens since the last mark. */
  rewind(): void {
    this.#tokens.length = this.#marked;
  }
}
