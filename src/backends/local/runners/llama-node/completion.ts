import type { Sampling } from '../../../../core/model.ts';
import type { ActiveGrammar, Completion, CompletionStep } from '../../runner.ts';
import type { VisionContext } from './context.ts';
import { addonPrompt } from './context-options.ts';
import type { AddonPrompt, CompletionEnd, CompletionOptions } from './context-options.ts';

export interface TextCompletionOptions {
  readonly context: Pick<VisionContext, 'complete'>;
  readonly prompt: AddonPrompt;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Texts of tokens that end the model's turn. */
  readonly ends: readonly string[];
  /** Counts the tokens of a short text. */
  readonly countText: (text: string) => number;
  /** Files of the state to load and to save. */
  readonly state: () => Pick<CompletionOptions, 'load' | 'save'>;
  readonly signal: AbortSignal;
}

/** Completion of a prompt by the addon, which samples by itself. Each grammar needs a new completion of the addon. */
export class TextCompletion implements Completion<AddonPrompt, string> {
  readonly #options: TextCompletionOptions;
  #text = '';
  #lastText = '';
  #marked = { text: 0, tokens: 0 };
  #active: ActiveGrammar<string> | undefined;
  #stream: AsyncGenerator<string, CompletionEnd> | undefined;
  /** Number of tokens at the start of the stream. */
  #before = 0;
  tokens = 0;

  constructor(options: TextCompletionOptions) {
    this.#options = options;
  }

  async next(active: ActiveGrammar<string>): Promise<CompletionStep> {
    if (active !== this.#active) await this.close();
    this.#active = active;
    if (this.#stream === undefined) {
      const remaining = this.#options.maxTokens - this.tokens;
      if (remaining <= 0) return { end: 'limit' };
      this.#stream = this.#start(active, remaining);
    }
    const next = await this.#stream.next();
    if (next.done === true) {
      this.#stream = undefined;
      // A character of several tokens arrived as one text.
      this.tokens = Math.max(this.tokens, this.#before + next.value.tokens);
      return { end: next.value.reason };
    }
    this.#lastText = next.value;
    this.#text += next.value;
    this.tokens++;
    return { text: next.value };
  }

  cut(text: string): void {
    this.#text = this.#text.slice(0, this.#text.length - this.#lastText.length) + text;
    this.#restart();
  }

  write(text: string): string | undefined {
    const { countText, maxTokens } = this.#options;
    const tokens = countText(text);
    if (this.tokens + tokens > maxTokens) return undefined;
    this.#text += text;
    this.tokens += tokens;
    this.#restart();
    return text;
  }

  mark(): void {
    this.#marked = { text: this.#text.length, tokens: this.tokens };
  }

  rewind(): void {
    this.#text = this.#text.slice(0, this.#marked.text);
    this.tokens = this.#marked.tokens;
  }

  transcript(): AddonPrompt {
    const { text, pictures } = this.#options.prompt;
    return addonPrompt(text + this.#text, pictures);
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.return({ reason: 'turn', tokens: 0, cachedTokens: 0 });
  }

  /** Makes the next step begin a new completion after the written text. */
  #restart(): void {
    this.#active = undefined;
  }

  #start({ grammar, triggers }: ActiveGrammar<string>, maxTokens: number) {
    const { context, sampling, state, ends, signal } = this.#options;
    this.#before = this.tokens;
    // A grammar that applies at once decides itself about the end of the turn, and its strings may contain such a text.
    const held = grammar !== undefined && triggers === undefined;
    const options = {
      ends: held ? [] : ends,
      sampling,
      ...state(),
      maxTokens,
      ...(grammar !== undefined && { grammar }),
      ...(triggers !== undefined && { triggers }),
    };
    return context.complete(this.transcript(), options, signal);
  }
}
