import type { Llama, Token } from 'node-llama-cpp';
import type { PromptLookupMode } from '../../../../core/model.ts';
import type { EngineLog, StateCache } from '../../engine-settings.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { deviceOf } from '../../model/native-llama.ts';
import type { LoadedRunner, RunnerSlot, SlotRequest } from '../../runner.ts';
import { TokenCompletion } from './completion.ts';
import type { LoadedWeights } from './load-weights.ts';
import { hasWholeStates, needsCheckpoints } from './sequence-state.ts';
import { Slot } from './slot.ts';
import { SlotPool } from './slot-pool.ts';
import { StateFiles } from './state-files.ts';
import { GrammarCompiler } from './token-grammar.ts';
import type { TokenGrammar } from './token-grammar.ts';

type Tokens = readonly Token[];

export interface LoadedLlamaCppOptions {
  readonly llama: Llama;
  readonly head: Pick<ModelHead, 'controlTexts' | 'turnEnds'>;
  readonly threads: number;
  readonly promptLookup: PromptLookupMode | undefined;
  readonly states: StateCache | undefined;
  readonly log: EngineLog;
}

/** Weights in memory, and the slots of their context. */
export class LoadedLlamaCpp implements LoadedRunner<Tokens, TokenGrammar> {
  readonly #weights: LoadedWeights;
  readonly #options: LoadedLlamaCppOptions;
  readonly #pool: SlotPool;
  readonly #states: StateFiles | undefined;
  readonly #compiler: GrammarCompiler;

  private constructor(
    weights: LoadedWeights,
    options: LoadedLlamaCppOptions,
    states: StateFiles | undefined,
  ) {
    const { model, context, scheduler, bytesPerToken } = weights;
    // A wrong guess has to be taken back.
    const guesses = options.promptLookup !== 'off' && !needsCheckpoints(model);
    const slots = Array.from(
      { length: context.totalSequences },
      () => new Slot(context, scheduler, guesses),
    );
    this.#weights = weights;
    this.#options = options;
    this.#states = states;
    this.#pool = new SlotPool(slots, scheduler, states, bytesPerToken);
    this.#compiler = new GrammarCompiler(model, options.head.controlTexts);
  }

  static async open(
    weights: LoadedWeights,
    options: LoadedLlamaCppOptions,
  ): Promise<LoadedLlamaCpp> {
    const { states: cache, log } = options;
    const states =
      cache !== undefined && hasWholeStates(weights.model)
        ? await StateFiles.open({ ...cache, log })
        : undefined;
    return new LoadedLlamaCpp(weights, options, states);
  }

  get device(): string {
    return deviceOf(this.#options.llama, this.#weights.model);
  }

  get sizeBytes(): number {
    return this.#weights.model.size;
  }

  get threads(): number {
    return this.#options.threads;
  }

  get slots(): number {
    return this.#weights.context.totalSequences;
  }

  get isStuck(): boolean {
    return this.#weights.scheduler.isOverdue;
  }

  async count(prompt: Tokens): Promise<number> {
    return prompt.length;
  }

  async compile(gbnf: string): Promise<TokenGrammar> {
    return this.#compiler.compile(gbnf);
  }

  take(
    { prompt, session, sampling, maxTokens }: SlotRequest<Tokens>,
    signal: AbortSignal,
  ): RunnerSlot<Tokens, TokenGrammar> {
    const taken = this.#pool.take(prompt, session);
    const { slot } = taken;
    const { turnEnds } = this.#options.head;
    const { model } = this.#weights;
    const compiler = this.#compiler;
    return {
      reuse: () => taken.reuse(signal),
      prefill: () => slot.prefill(prompt, signal),
      complete: () =>
        new TokenCompletion({ model, compiler, turnEnds, slot, prompt, sampling, maxTokens }),
      release: (error) => taken.release(error !== undefined && !signal.aborted),
    };
  }

  close(): void {
    this.#states?.close();
  }
}
