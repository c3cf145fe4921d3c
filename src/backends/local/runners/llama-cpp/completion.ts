import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { TokenText } from '../../model/vocabulary.ts';
import type { ActiveGrammar, Completion, CompletionStep } from '../../runner.ts';
import type { TokenStream } from './sampling-options.ts';
import type { Slot } from './slot.ts';
import type { GrammarCompiler, GrammarState, TokenGrammar } from './token-grammar.ts';
import { append } from '../../../../core/lists.ts';

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
  readonly #written: Token[] = [];
  readonly #text: TokenText;
  #marked = 0;
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
    this.#text = new TokenText(options.model, options.prompt);
    this.#last = options.prompt.slice(-1);
  }

  get tokens(): number {
    return this.#written.length;
  }

  async next(active: ActiveGrammar<TokenGrammar>): Promise<CompletionStep> {
    if (this.#end !== undefined) return this.#takeEnd(this.#end);
    const { slot, sampling, maxTokens, turnEnds } = this.#options;
    if (this.#written.length >= maxTokens) return this.#endAt('limit');
    this.#activate(active);
    const instead = this.#replaced ? this.#last : undefined;
    this.#replaced = false;
    this.#stream ??= slot.decode(this.#last, sampling, () => this.#grammar);
    const { value: token } = await this.#stream.next(instead);
    if (token === undefined || turnEnds.has(token)) return this.#endAt('turn');
    this.#written.push(token);
    this.#last = [token];
    return { text: this.#text.push(this.#last) };
  }

  jump(active: ActiveGrammar<TokenGrammar>, forced: string): string | undefined {
    if (this.#end !== undefined || this.#text.isIncomplete) return undefined;
    this.#activate(active);
    const space = Math.min(LONGEST_JUMP, this.#options.maxTokens - this.#written.length);
    const wanted = this.#forcedTokens(forced).slice(0, space);
    if (this.#grammar === undefined) return undefined;
    const tokens = wanted.slice(0, this.#options.compiler.accept(this.#grammar, wanted));
    if (tokens.length === 0) return undefined;
    this.#go(tokens, this.#last);
    return this.#text.push(tokens);
  }

  cut(text: string): void {
    if (this.#end !== undefined) return;
    const tokens = this.#options.model.tokenize(text, true);
    this.#written.pop();
    this.#text.replace(tokens);
    this.#go(tokens, []);
  }

  write(text: string): string | undefined {
    const tokens = this.#options.model.tokenize(text, true);
    if (this.#written.length + tokens.length > this.#options.maxTokens) return undefined;
    this.#go(tokens, this.#last);
    return this.#text.push(tokens);
  }

  mark(): void {
    this.#marked = this.#written.length;
  }

  rewind(): void {
    this.#written.length = this.#marked;
  }

  transcript(): readonly Token[] {
    return [...this.#options.prompt, ...this.#written];
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
    const [last] = this.#written.slice(-1);
    if (last !== undefined) {
      const text = model.detokenize([last], true) + forced;
      const [first, ...others] = model.tokenize(text, false, 'trimLeadingSpace');
      if (first === last) return others.slice(0, -1);
    }
    return model.tokenize(forced, false, 'trimLeadingSpace').slice(0, -1);
  }

  /** Writes tokens of the engine, to be evaluated after `after`. */
  #go(tokens: readonly Token[], after: readonly Token[]): void {
    append(this.#written, tokens);
    this.#last = [...after, ...tokens];
    this.#replaced = this.#stream !== undefined;
  }

  async #endAt(end: End): Promise<CompletionStep> {
    await this.close();
    this.#last = [];
    const text = this.#text.flush();
    if (text === '') return { end };
    this.#end = end;
    return { text };
  }

  #takeEnd(end: End): CompletionStep {
    this.#end = undefined;
    return { end };
  }
}
