import type { GenerationRequest, CachedPrompts, SessionKey } from '../../core/backend.ts';
import type { Sampling } from '../../core/model.ts';
import type { Prompt } from '../../prompt/render.ts';
import type { LoadNeeds } from './memory/eviction.ts';
import type { ModelMetadata } from './model/model-metadata.ts';
import type { Transcript, Transcripts } from './transcripts.ts';

/**
 * Prompt in the form of a runner: tokens, or a text with its pictures.
 */
export interface RunnerPrompt {
  /** Size for caches, in tokens or characters. */
  readonly length: number;
}

/**
 * Model in a library or process that runs GGUF files. It contains the differences between runners; the engine does
 * the rest.
 *
 * A runner may sample itself, and take a grammar and stream text, or it may return one token at a time.
 * `Completion` covers both.
 */
export interface Runner<P extends RunnerPrompt, Grammar> {
  readonly head: ModelMetadata;
  /** True if prompts may contain pictures. */
  readonly images: boolean;
  readonly grammarFeatures: GrammarFeatures;
  /** Conversations of earlier processes, if the runner stores them. */
  readonly transcripts?: Transcripts<P>;
  /** Returns true if a part of the prompt may be restored from a file. */
  mayRestore?(prompt: P): boolean;

  /**
   * Renders a request, after the last answer of `known` that the template can continue from.
   *
   * @param most largest number of tokens; a prompt whose size alone means more is refused before it is tokenized
   * @throws {RuntimeFailure} `prompt-too-long`; `invalid-request` for a conversation that the template refuses, and
   *   for pictures that can't be decoded
   */
  write(
    request: GenerationRequest,
    known: readonly Transcript<P>[],
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt<P>>;

  /** Counts the tokens of a prompt; undefined if that needs the loaded model. */
  count(prompt: P, signal: AbortSignal): Promise<number | undefined>;

  /** Returns the longest common prefix of two prompts. */
  commonPrefix(one: P, other: P): P;

  /** Loads the weights. Throws `model-load-failed`. */
  load(options: LoadOptions): Promise<LoadedRunner<P, Grammar>>;

  /** Frees all memory. */
  close(): Promise<void>;
}

/** Features of a runner that decide the use of grammars. */
export interface GrammarFeatures {
  /** Returns true if the runner itself can apply a grammar from a trigger on, inside a completion. */
  watches(trigger: string): boolean;
  /** Texts that a grammar has to exclude from free text, because the runner has no bias for tokens. */
  readonly excluded: readonly string[];
}

/** Rendered request in the form of the runner. */
export interface WrittenPrompt<P> {
  readonly rendered: Prompt;
  readonly prompt: P;
  /** Trigger that ends the prompt, if a call is forced. */
  readonly forced: string | undefined;
}

export interface LoadOptions {
  /** Context size of each slot, in tokens. */
  readonly contextSize: number;
  /** Waits for memory. Resolves to the number of slots. */
  readonly reserve: (needs: LoadNeeds) => Promise<number>;
  /** Receives the loaded share, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Runner with its weights in memory. */
export interface LoadedRunner<P, Grammar> {
  /** Name of the device, such as `CPU` or `cuda`. */
  readonly device: string;
  /** Bytes of the weights. */
  readonly sizeBytes: number;
  readonly threads: number;
  readonly slots: number;
  /** True if native code takes far longer for a step than ever before, so that it probably hangs. */
  readonly isStuck?: boolean;
  /** States in files that fit its context; absent if it can't have any. */
  readonly kept?: CachedPrompts | undefined;

  /** Counts the tokens of any prompt. Throws the signal's reason. */
  count(prompt: P, signal: AbortSignal): Promise<number>;

  /** Compiles a grammar in GBNF. Throws if llama.cpp can't parse it. */
  compile(gbnf: string): Promise<Grammar>;

  /** Takes an idle slot, chosen by the prompt. Only called if one is idle. */
  take(request: SlotRequest<P>, signal: AbortSignal): RunnerSlot<P, Grammar>;

  /** Reads the states that were used last into empty slots, one slot at a time. The caller has a place for it. */
  restore?(): Promise<void>;

  /** Writes states that are not in files, so that they outlive this process. */
  keep?(): Promise<void>;

  /** Measures the model for its next load, unless that was done. Stops soon after an abort. */
  measure?(signal: AbortSignal): Promise<void>;
}

/** Request at the head of the queue. */
export interface SlotRequest<P> {
  readonly prompt: P;
  /** Tokens of the prompt. */
  readonly tokens: number;
  readonly session: SessionKey;
  /** True if the client set a cache breakpoint in the prompt. */
  readonly isHeld: boolean;
  readonly sampling: Sampling;
  /** Limit of the generated tokens; 0 only evaluates the prompt. */
  readonly maxTokens: number;
}

/** Slot of one request. Its steps are called in this order. */
export interface RunnerSlot<P, Grammar> {
  /**
   * Fills the slot with the longest cached prefix of the prompt, from the slot, another slot or a file. Resolves to
   * its number of tokens. A runner that can't separate the two steps evaluates the prompt too.
   */
  reuse(): Promise<number>;

  /** Evaluates the rest of the prompt. Yields the number of its evaluated tokens. */
  prefill(): AsyncIterable<number>;

  complete(): Completion<P, Grammar>;

  /** Frees the slot. An error means that its state is unknown. */
  release(error?: unknown): Promise<void>;
}

/** Active grammar. Each object begins at the start of its grammar. */
export interface ActiveGrammar<Grammar> {
  /** Grammar to enforce; absent for none. */
  readonly grammar?: Grammar | undefined;
  /** Texts of single tokens that activate the grammar; absent: it applies from the next token on. */
  readonly triggers?: readonly string[] | undefined;
}

/** Next text of an answer, or the reason of its end. Text may be empty, because a character can take several tokens. */
export type CompletionStep = { readonly text: string } | { readonly end: 'turn' | 'limit' };

/** Answer in progress, written by the model and in some places by the engine. */
export interface Completion<P, Grammar> {
  /** Number of written tokens. */
  readonly tokens: number;

  /**
   * Lets the model continue. Another object than the last time activates another grammar. A runner that can't change
   * the grammar inside a completion begins a new one after the written text.
   *
   * @throws the signal's reason
   */
  next(active: ActiveGrammar<Grammar>): Promise<CompletionStep>;

  /**
   * Writes a text that the active grammar demands, or a part of it, in one step instead of token by token. Absent if
   * the runner can't move inside a grammar.
   *
   * @returns the text as it is decoded after the earlier text; undefined if nothing was written
   */
  jump?(active: ActiveGrammar<Grammar>, forced: string): string | undefined;

  /** Cuts the last text to this beginning. */
  cut(text: string): void;

  /**
   * Writes a text for the model.
   *
   * @returns the text as it is decoded after the earlier text; undefined if there is no space for it
   */
  write(text: string): string | undefined;

  /** Marks the place that `rewind` returns to. */
  mark(): void;
  rewind(): void;

  /** Returns prompt and answer as written, for the next prompt of the conversation. */
  transcript(): P;

  /** Stops the generation. */
  close(): Promise<void>;
}
