import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { append } from '../../../../core/lists.ts';
import type { ActiveGrammar, Completion, CompletionStep } from '../../runner.ts';
import { WrittenTokens } from '../../written-tokens.ts';
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
  readonly #written: WrittenTokens;
  /** Tokens that were received and not returned yet. */
  #received: Token[] = [];
  #stream: AsyncGenerator<CompletionChunk> | undefined;
  /** Number of tokens of the stream so far. */
  #predicted = 0;
  /** Tokens of the stream with those before it. All but the last are in the slot's state. */
  #streamed: Token[] = [];
  /** Grammar of the stream. Undefined begins a new request with the next step, after tokens of the engine. */
  #active: ActiveGrammar<string> | undefined;
  /** End that is reported after the text before it. */
  #end: End | undefined;

  constructor(options: StreamCompletionOptions) {
    this.#options = options;
    const before = options.prompt.filter((token) => !isPicture(token));
    this.#written = new WrittenTokens({ ...options, before });
  }

  get tokens(): number {
    return this.#written.tokens.length;
  }

  async next(active: ActiveGrammar<string>): Promise<CompletionStep> {
    if (this.#end !== undefined) return this.#takeEnd(this.#end);
    if (this.#written.remaining <= 0) return this.#endAt('limit');
    if (active !== this.#active) await this.close();
    this.#active = active;
    const token = await this.#nextToken(active);
    if (typeof token !== 'number') return this.#endAt(token);
    if (this.#isEnd(token)) return this.#endAt('turn');
    return { text: this.#written.push([token]) };
  }

  cut(text: string): void {
    if (this.#end !== undefined) return;
    this.#written.cut(text);
    this.#active = undefined;
  }

  write(text: string): string | undefined {
    const tokens = this.#written.tokensOf(text);
    if (tokens === undefined) return undefined;
    this.#active = undefined;
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
    this.#received = [];
    if (stream === undefined) return;
    await stream.return(undefined);
    this.#options.slot.note(this.#streamed.slice(0, -1));
  }

  async #nextToken(active: ActiveGrammar<string>): Promise<Token | End> {
    const { slot, sampling, signal } = this.#options;
    this.#stream ??= this.#open(slot, this.#written.remaining, active, sampling, signal);
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
    const media =
      prompt.media && ([prompt.media, model.detokenize(this.#written.tokens, true)] as const);
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

  async #endAt(end: End): Promise<CompletionStep> {
    await this.close();
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
