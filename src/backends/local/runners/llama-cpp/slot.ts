import { TokenBias } from 'node-llama-cpp';
import type { LlamaContext, LlamaContextSequence, Token } from 'node-llama-cpp';
import type { Sampling } from '../../../../core/model.ts';
import { abortReason } from '../../../../core/abort.ts';
import type { CachedSlot } from '../../prefix-cache/cached-slot.ts';
import { hasWholeStates } from '../../prefix-cache/open-states.ts';
import { SlotUse } from '../../prefix-cache/slot-use.ts';
import { PromptLookup } from './prompt-lookup.ts';
import { NO_SHIFT, samplingOptions } from './sampling-options.ts';
import type { GrammarAt, TokenStream } from './sampling-options.ts';
import type { Scheduler } from './scheduler.ts';
import { copyState, loadState } from './sequence-state.ts';

/**
 * Checkpoints of a state that can't be cut at any token: near the end of each prompt, and every few thousand tokens of
 * a long one. They are in memory, and large for hybrid models.
 */
const CHECKPOINTS = { max: 16, interval: 4096, maxMemory: 256 * 2 ** 20 } as const;
/** Tokens before the end of a prompt in which a template's opening of an answer may differ from its later rendering. */
const ANSWER_OPENING = 24;

/** Sequence of a context. It caches the state of its last prompt, whose prefix the next one may share. */
export class Slot extends SlotUse implements CachedSlot {
  readonly #context: LlamaContext;
  readonly #scheduler: Scheduler;
  readonly #lookup: PromptLookup | undefined;
  #sequence: LlamaContextSequence;
  /** Tokens that can't be cut, because a file had no earlier parts of their state. */
  #floor = 0;

  /** @param guesses drafts tokens from earlier text, if the model's state can be cut anywhere */
  constructor(context: LlamaContext, scheduler: Scheduler, guesses = false) {
    super();
    this.#context = context;
    this.#scheduler = scheduler;
    const mayGuess = (): boolean => scheduler.isAlone && this.#hasCellsFor(2);
    this.#lookup = guesses ? new PromptLookup({ mayGuess }) : undefined;
    this.#sequence = this.#open();
  }

  #open(): LlamaContextSequence {
    const lookup = this.#lookup;
    const options = { checkpoints: CHECKPOINTS };
    return this.#context.getSequence(lookup ? { ...options, tokenPredictor: lookup } : options);
  }

  /** Returns true if a number of tokens can be evaluated at once. The library never fills the last cell. */
  #hasCellsFor(tokens: number): boolean {
    return this.length + tokens < this.#context.contextSize;
  }

  /** Number of tokens in its state. */
  get length(): number {
    return this.#sequence.nextTokenIndex;
  }

  get tokens(): readonly Token[] {
    return this.#sequence.contextTokens;
  }

  /** True if its state can't be cut at any token, as in recurrent and hybrid models. */
  get needsCheckpoints(): boolean {
    return this.#sequence.needsCheckpoints;
  }

  /** Returns the length of a prompt's reusable prefix. At least the last token is always evaluated. */
  reusable(prompt: readonly Token[]): number {
    const { firstDifferentIndex } = this.#sequence.compareContextTokens([...prompt]);
    const shared = Math.min(firstDifferentIndex, prompt.length - 1);
    if (shared === this.length) return shared;
    if (shared < this.#floor) return 0;
    return Math.max(0, shared - this.#sequence.getRestoreToPrefixIndexEvaluationSize(shared - 1));
  }

  /** Cuts the state to the common prefix with the prompt. Returns its length in tokens. */
  async reuse(prompt: readonly Token[]): Promise<number> {
    const kept = prompt.slice(0, -1);
    const { firstDifferentIndex } = this.#sequence.compareContextTokens(kept);
    if (firstDifferentIndex < this.#floor) await this.renew();
    else if (firstDifferentIndex < this.length) {
      await this.#scheduler.exclusive(() => this.#sequence.adaptStateToTokens(kept, false));
    }
    return this.length;
  }

  /** Copies the prefix of a prompt from another slot. After a failure, the slot is empty. */
  async fork(from: Slot, prompt: readonly Token[], folder: string | undefined): Promise<void> {
    // A file would have the state of a token that is not in its list yet.
    const place = from.#lookup?.isAhead === true ? undefined : folder;
    const done = await this.#scheduler.exclusive(() =>
      copyState(from.#sequence, this.#sequence, from.reusable(prompt), place),
    );
    if (done) this.#floor = from.#floor;
    else await this.renew();
  }

  /** Saves its complete state. Throws if the file can't be written. */
  async save(file: string): Promise<{ readonly bytes: number; readonly tokens: readonly Token[] }> {
    return this.#scheduler.exclusive(async () => {
      const tokens = this.tokens;
      const { fileSize } = await this.#sequence.saveStateToFile(file);
      return { bytes: fileSize, tokens };
    });
  }

  /** Replaces its state by a saved one. Throws if that fails; the slot is then empty. */
  async load(file: string): Promise<void> {
    // Checkpoints of the old state would be taken for those of the new one.
    if (this.needsCheckpoints) await this.renew();
    try {
      await this.#scheduler.exclusive(() => loadState(this.#sequence, file));
      this.#floor = hasWholeStates(this.#context.model) ? 0 : this.length;
    } catch (error) {
      await this.renew();
      throw error;
    }
  }

  /** Drops all state, because after a failure llama.cpp may have more state than the tokens show. */
  async renew(): Promise<void> {
    await this.#scheduler.exclusive(() => this.#sequence.dispose());
    this.#sequence = this.#open();
    this.#floor = 0;
    this.promptLength = 0;
  }

  /**
   * Evaluates the prompt up to its last token, in steps short enough to stop between them. Yields the number of
   * evaluated tokens.
   */
  async *prefill(prompt: readonly Token[], signal: AbortSignal): AsyncGenerator<number> {
    const leave = this.#scheduler.join();
    const end = prompt.length - 1;
    const checkpoint = this.needsCheckpoints ? Math.max(this.length, end - ANSWER_OPENING) : end;
    try {
      while (this.length < end) {
        if (this.length === checkpoint) await this.#takeCheckpoint();
        await this.#step(prompt, this.length < checkpoint ? checkpoint : end, signal);
        this.endStep();
        yield this.length;
      }
    } finally {
      leave();
      this.endPrefill();
    }
    this.promptLength = prompt.length;
  }

  async #step(prompt: readonly Token[], end: number, signal: AbortSignal): Promise<void> {
    await this.#scheduler.pass();
    if (signal.aborted) throw abortReason(signal);
    const scheduler = this.#scheduler;
    const remaining = end - this.length;
    const size = scheduler.promptStep(this.#context.batchSize, this.length, remaining);
    const tokens = prompt.slice(this.length, this.length + size);
    await this.#sequence.evaluateWithoutGeneratingNewTokens(tokens, NO_SHIFT);
    this.#scheduler.settle();
  }

  async #takeCheckpoint(): Promise<void> {
    await this.#scheduler.exclusive(() => this.#sequence.takeCheckpoint());
  }

  /**
   * Evaluates the last tokens and samples the next ones, until the model ends its turn. `grammar` is called before each
   * token for the active grammar.
   */
  async *decode(
    last: Token | readonly Token[],
    sampling: Sampling,
    grammar: GrammarAt,
  ): TokenStream {
    const lookup = this.#lookup;
    // A wrong guess uses up a random number, so a seed would no longer reproduce an answer.
    if (lookup !== undefined) lookup.enabled = sampling.seed === undefined;
    let stream = this.#sample([last].flat(), sampling, grammar);
    const leave = this.#scheduler.join();
    try {
      let instead: void | Token | Token[] = undefined;
      for (;;) {
        await this.#scheduler.pass();
        const next = await stream.next(instead);
        this.#scheduler.settle();
        if (next.done === true) return;
        const held = grammar();
        instead = yield next.value;
        if (lookup?.isAhead === true && (instead !== undefined || grammar() !== held)) {
          // The token that was evaluated ahead followed another token, or another grammar.
          await stream.return();
          stream = this.#sample(tokensOf(instead ?? next.value), sampling, grammar);
          instead = undefined;
        }
      }
    } finally {
      leave();
      await stream.return();
      if (lookup?.isAhead === true) await this.#scheduler.exclusive(() => this.#dropAhead());
    }
  }

  #sample(tokens: Token[], sampling: Sampling, grammar: GrammarAt): TokenStream {
    const options = samplingOptions(sampling, grammar, TokenBias.for(this.#context.model));
    return this.#sequence.evaluate(tokens, { ...options, ...NO_SHIFT });
  }

  /** Drops a token that was evaluated ahead, so that the state matches its tokens. */
  async #dropAhead(): Promise<void> {
    const { nextTokenIndex: start } = this.#sequence;
    await this.#sequence.eraseContextTokenRanges([{ start, end: this.#context.contextSize }]);
  }
}

function tokensOf(tokens: Token | Token[]): Token[] {
  return Array.isArray(tokens) ? tokens : [tokens];
}
