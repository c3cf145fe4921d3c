import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import type { ActiveGrammar, Completion, CompletionStep } from '../../runner.ts';
import { WrittenTokens } from '../../written-tokens.ts';
import type { TokenStream } from './sampling-options.ts';
import type { Slot } from './slot.ts';
import type { GrammarCompiler, GrammarState, TokenGrammar } from './token-grammar.ts';

export interface TokenCompletionOptions {
  readonly model: LlamaModel;
  readonly compiler: GrammarCompiler;
  /** Tokens that end the model's turn, in addition to those that end its generation. */
  readonly turnEnds: ReadonlySet<Token>;
  readonly slot: Pick<Slot, 'decode'>;
  readonly prompt: readonly Token[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
}

/** Largest number of forced tokens in a step. A longer step would delay other streams. */
const LONGEST_JUMP = 32;

type End = 'turn' | 'limit';

/** Completion of a prompt on a slot, token by token. */
export class TokenCompletion implements Completion<readonly Token[], TokenGrammar> {
  readonly #options: TokenCompletionOptions;
  readonly #written: WrittenTokens;
  #stream: TokenStream | undefined;
  /** Tokens to evaluate next. */
  #last: Token[];
  /** True if they differ from the tokens that the stream yielded. */
  #replaced = false;
  #active: ActiveGrammar<TokenGrammar> | undefined;
  #grammar: GrammarState | undefined;
  /** End that is reported after the text before it. */
  #end: End | undefined;

  constructor(options: TokenCompletionOptions) {
    this.#options = options;
    this.#written = new WrittenTokens({ ...options, before: options.prompt });
    this.#last = options.prompt.slice(-1);
  }

  get tokens(): number {
    return this.#written.tokens.length;
  }

  async next(active: ActiveGrammar<TokenGrammar>): Promise<CompletionStep> {
    if (this.#end !== undefined) return this.#takeEnd(this.#end);
    const { slot, sampling, turnEnds } = this.#options;
    if (this.#written.remaining <= 0) return this.#endAt('limit');
    this.#activate(active);
    const instead = this.#replaced ? this.#last : undefined;
    this.#replaced = false;
    this.#stream ??= slot.decode(this.#last, sampling, () => this.#grammar);
    const { value: token } = await this.#stream.next(instead);
    if (token === undefined || turnEnds.has(token)) return this.#endAt('turn');
    this.#last = [token];
    return { text: this.#written.push(this.#last) };
  }

  jump(active: ActiveGrammar<TokenGrammar>, forced: string): string | undefined {
    if (this.#end !== undefined || this.#written.isIncomplete) return undefined;
    this.#activate(active);
    const space = Math.min(LONGEST_JUMP, this.#written.remaining);
    const wanted = this.#forcedTokens(forced).slice(0, space);
    if (this.#grammar === undefined) return undefined;
    const tokens = wanted.slice(0, this.#options.compiler.accept(this.#grammar, wanted));
    if (tokens.length === 0) return undefined;
    this.#go(tokens, this.#last);
    return this.#written.push(tokens);
  }

  cut(text: string): void {
    if (this.#end === undefined) this.#go(this.#written.cut(text), []);
  }

  write(text: string): string | undefined {
    const tokens = this.#written.tokensOf(text);
    if (tokens === undefined) return undefined;
    this.#go(tokens, this.#last);
    return this.#written.push(tokens);
  }

  mark(): void {
    this.#written.mark();
  }

  rewind(): void {
    this.#written.rewind();
  }

  transcript(): readonly Token[] {
    return [...this.#options.prompt, ...this.#written.tokens];
  }

  async close(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.return();
  }

  #activate(active: ActiveGrammar<TokenGrammar>): void {
    if (active === this.#active) return;
    this.#active = active;
    this.#grammar = active.grammar && this.#options.compiler.start(active.grammar);
  }

  /**
   * Tokens of a text, as the model would write them after the last token. The last one is left to the model, because
   * it may extend past the text.
   */
  #forcedTokens(forced: string): readonly Token[] {
    const { model } = this.#options;
    const last = this.#written.tokens.at(-1);
    if (last !== undefined) {
      const text = model.detokenize([last], true) + forced;
      const [first, ...others] = model.tokenize(text, false, 'trimLeadingSpace');
      if (first === last) return others.slice(0, -1);
    }
    return model.tokenize(forced, false, 'trimLeadingSpace').slice(0, -1);
  }

  /** Evaluates tokens of the engine after `after` next. */
  #go(tokens: readonly Token[], after: readonly Token[]): void {
    this.#last = [...after, ...tokens];
    this.#replaced = this.#stream !== undefined;
  }

  async #endAt(end: End): Promise<CompletionStep> {
    await this.close();
    this.#last = [];
    const text = this.#written.flush();
    if (text === '') return { end };
    this.#end = end;
    return { text };
  }

  #takeEnd(end: End): CompletionStep {
    this.#end = undefined;
    return { end };
  }
}
