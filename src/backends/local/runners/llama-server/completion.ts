import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { append } from '../../../../core/lists.ts';
import { TokenText } from '../../model/vocabulary.ts';
import type { ActiveGrammar, Completion, CompletionStep } from '../../runner.ts';
import { allTokens } from './missing-tokens.ts';
import { isPicture, tokenOf } from './picture-prompt.ts';
import type { ServerPrompt } from './picture-prompt.ts';
import type { CompletionChunk } from './protocol.ts';
import { generationOptions } from './sampling-options.ts';
import type { ServerSlot } from './slot.ts';

export interface StreamCompletionOptions {
  readonly model: LlamaModel;
  /** Tokens that end the model's turn, in addition to those that end its generation. */
  readonly turnEnds: ReadonlySet<Token>;
  readonly slot: ServerSlot;
  readonly prompt: ServerPrompt;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}

type End = 'turn' | 'limit';

/** Completion of a prompt by llama-server, which samples by itself. Each grammar needs a new request. */
export class StreamCompletion implements Completion<readonly Token[], string> {
  readonly #options: StreamCompletionOptions;
  readonly #written: Token[] = [];
  readonly #text: TokenText;
  /** Tokens that were received and not returned yet. */
  #received: Token[] = [];
  #marked = 0;
  #stream: AsyncGenerator<CompletionChunk> | undefined;
  /** Number of tokens of the stream so far. */
  #predicted = 0;
  /** Tokens of the stream with those before it. All but the last are in the slot's state. */
  #streamed: Token[] = [];
  #active: ActiveGrammar<string> | undefined;
  /** End that is reported after the text before it. */
  #end: End | undefined;

  constructor(options: StreamCompletionOptions) {
    this.#options = options;
    this.#text = new TokenText(
      options.model,
      options.prompt.filter((token) => !isPicture(token)),
    );
  }

  get tokens(): number {
    return this.#written.length;
  }

  async next(active: ActiveGrammar<string>): Promise<CompletionStep> {
    if (this.#end !== undefined) return this.#takeEnd(this.#end);
    if (this.#written.length >= this.#options.maxTokens) return this.#endAt('limit');
    if (active !== this.#active) await this.close();
    this.#active = active;
    const token = await this.#nextToken(active);
    if (typeof token !== 'number') return this.#endAt(token);
    if (this.#isEnd(token)) return this.#endAt('turn');
    this.#written.push(token);
    return { text: this.#text.push([token]) };
  }

  cut(text: string): void {
    if (this.#end !== undefined) return;
    const tokens = this.#options.model.tokenize(text, true);
    this.#written.pop();
    this.#text.replace(tokens);
    this.#go(tokens);
  }

  write(text: string): string | undefined {
    const tokens = this.#options.model.tokenize(text, true);
    if (this.#written.length + tokens.length > this.#options.maxTokens) return undefined;
    this.#go(tokens);
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
    this.#received = [];
    if (stream === undefined) return;
    await stream.return(undefined);
    this.#options.slot.note(this.#streamed.slice(0, -1));
  }

  async #nextToken(active: ActiveGrammar<string>): Promise<Token | End> {
    const { slot, sampling, maxTokens, signal } = this.#options;
    this.#stream ??= this.#open(slot, maxTokens - this.#written.length, active, sampling, signal);
    for (;;) {
      const token = this.#received.shift();
      if (token !== undefined) return token;
      const next = await this.#stream.next();
      if (next.done === true) return 'turn';
      const chunk = next.value;
      if (chunk.prompt_progress !== undefined) continue;
      this.#receive(chunk);
      if (chunk.stop && this.#received.length === 0) {
        return chunk.stop_type === 'limit' ? 'limit' : 'turn';
      }
    }
  }

  #open(
    slot: ServerSlot,
    most: number,
    active: ActiveGrammar<string>,
    sampling: Sampling,
    signal: AbortSignal,
  ): AsyncGenerator<CompletionChunk> {
    this.#predicted = 0;
    this.#streamed = [...this.transcript()];
    const { model, prompt } = this.#options;
    const media = prompt.media && ([prompt.media, model.detokenize(this.#written, true)] as const);
    return slot.generate(
      this.#streamed.slice(),
      media,
      most,
      generationOptions(sampling, active),
      signal,
    );
  }

  #receive({ tokens, content, tokens_predicted: predicted }: CompletionChunk): void {
    const count = predicted - this.#predicted;
    this.#predicted = predicted;
    const last = tokens.map(tokenOf);
    const all = allTokens(this.#options.model, content, last, count);
    append(this.#received, all);
    append(this.#streamed, all);
  }

  #isEnd(token: Token): boolean {
    const { model, turnEnds } = this.#options;
    return turnEnds.has(token) || model.isEogToken(token);
  }

  /** Writes tokens of the engine. The next step begins a new request after them. */
  #go(tokens: readonly Token[]): void {
    append(this.#written, tokens);
    this.#active = undefined;
  }

  async #endAt(end: End): Promise<CompletionStep> {
    await this.close();
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
