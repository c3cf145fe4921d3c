import { existsSync } from 'node:fs';
import type { Llama } from 'node-llama-cpp';
import type { LoadedRunner, RunnerSlot, SlotRequest } from '../../runner.ts';
import { TextCompletion } from './completion.ts';
import { BrokenContext } from './context.ts';
import type { VisionContext } from './context.ts';
import type { AddonPrompt, CompletionOptions } from './context-options.ts';
import type { StateFile } from './state-file.ts';

export interface LoadedLlamaNodeOptions {
  readonly context: VisionContext;
  readonly llama: Llama;
  readonly threads: number;
  readonly abandon: () => void;
  /** State that prompts without pictures share; undefined if none is kept. */
  readonly state: StateFile | undefined;
  /** Texts of tokens that end the model's turn, beyond those that end its generation anyway. */
  readonly ends: readonly string[];
  /** Counts the tokens of a short text. */
  readonly countText: (text: string) => number;
}

/** Model and projector in memory. */
export class LoadedLlamaNode implements LoadedRunner<AddonPrompt, string> {
  readonly slots = 1;
  readonly #options: LoadedLlamaNodeOptions;

  constructor(options: LoadedLlamaNodeOptions) {
    this.#options = options;
  }

  get device(): string {
    return this.#options.context.device;
  }

  get sizeBytes(): number {
    return this.#options.context.sizeBytes;
  }

  get threads(): number {
    return this.#options.threads;
  }

  async count(prompt: AddonPrompt): Promise<number> {
    return this.#options.context.count(prompt);
  }

  /** Checks a grammar: the addon ends the process over one that it can't parse, and node-llama-cpp throws. */
  async compile(gbnf: string): Promise<string> {
    await this.#options.llama.createGrammar({ grammar: gbnf });
    return gbnf;
  }

  take(request: SlotRequest<AddonPrompt>, signal: AbortSignal): RunnerSlot<AddonPrompt, string> {
    const { context, ends, countText, abandon } = this.#options;
    const { prompt, tokens, sampling, maxTokens } = request;
    const state = () => this.#stateOf(request);
    return {
      reuse: () => this.#evaluate(request, signal),
      async *prefill() {
        yield tokens;
      },
      complete: () =>
        new TextCompletion({
          context,
          prompt,
          sampling,
          maxTokens,
          ends,
          countText,
          state,
          signal,
        }),
      async release(error) {
        // Requests that wait are sent to the next process.
        if (error instanceof BrokenContext) setImmediate(abandon);
      },
    };
  }

  /**
   * Evaluates the prompt by a completion of its own, which is the only one that reports how much of it was
   * there, and returns that in tokens. Its one token is dropped.
   */
  async #evaluate(request: SlotRequest<AddonPrompt>, signal: AbortSignal): Promise<number> {
    const { prompt, tokens, sampling, maxTokens } = request;
    const { context, ends } = this.#options;
    const state = this.#stateOf(request);
    // The addon keeps nothing of a prompt without pictures, so it would evaluate it twice.
    if (prompt.pictures.length === 0 && state.save === undefined && maxTokens > 0) return 0;
    const stream = context.complete(prompt, { ends, sampling, ...state, maxTokens: 1 }, signal);
    let next = await stream.next();
    while (next.done !== true) next = await stream.next();
    return Math.min(next.value.cachedTokens, tokens - 1);
  }

  /** The addon itself reuses prompts with pictures, and all others by a file only. */
  #stateOf({ prompt, tokens }: SlotRequest<AddonPrompt>): Pick<CompletionOptions, 'load' | 'save'> {
    const { state } = this.#options;
    const fits = state !== undefined && tokens <= state.mostTokens;
    if (prompt.pictures.length > 0 || !fits) return {};
    return { save: state.file, ...(existsSync(state.file) && { load: state.file }) };
  }
}
