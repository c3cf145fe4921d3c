import type { GenerationRequest, SessionKey } from '../../core/backend.ts';
import type { Sampling } from '../../core/model.ts';
import type { Prompt } from '../../prompt/render.ts';
import type { LoadNeeds } from './memory/eviction.ts';
import type { ModelHead } from './model/model-metadata.ts';
import type { Transcript, Transcripts } from './transcripts.ts';

/**
 * Prompt in the form that a runner takes: tokens, or a text with its pictures.
 */
export interface RunnerPrompt {
  /** In tokens or characters: the size that a cache counts. */
  readonly length: number;
}

/**
 * One model in one library or process: what differs between the ways to run a GGUF file. The engine does
 * the rest, the same for every runner.
 *
 * A runner may sample itself, and then takes a grammar and streams text, or it may be asked for one token
 * after the other: `Completion` covers both.
 */
export interface Runner<P extends RunnerPrompt, Grammar> {
  readonly head: ModelHead;
  /** True if prompts may contain pictures. */
  readonly images: boolean;
  readonly steering: RunnerSteering;
  /** Conversations of earlier processes, if it keeps them. */
  readonly transcripts?: Transcripts<P>;
  /** True if a part of the prompt may be restored from a file. */
  mayRestore?(prompt: P): boolean;

  /**
   * Renders a request, after the last answer of `known` from which the template can go on.
   *
   * @param most tokens; a prompt that has more by its size alone is refused before it is tokenized
   * @throws {prompt-too-long}
   * @throws {invalid-request} for what the template refuses, and for pictures that can't be decoded
   */
  write(
    request: GenerationRequest,
    known: readonly Transcript<P>[],
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt<P>>;

  /** Counts the tokens of a prompt; undefined if only the loaded model can. */
  count(prompt: P, signal: AbortSignal): Promise<number | undefined>;

  /** The longest prompt with which both begin. */
  commonPrefix(one: P, other: P): P;

  /** Loads the weights. Throws `model-load-failed`. */
  load(options: LoadOptions): Promise<LoadedRunner<P, Grammar>>;

  /** Frees everything. */
  close(): Promise<void>;
}

/** Abilities of a runner that decide how grammars are applied. */
export interface RunnerSteering {
  /** True if the runner itself can apply a grammar from a trigger on, in the middle of a completion. */
  watches(trigger: string): boolean;
  /** Texts that a grammar has to keep out of free text, because the runner has no bias for tokens. */
  readonly excluded: readonly string[];
}

/** Request as the model will see it. */
export interface WrittenPrompt<P> {
  readonly rendered: Prompt;
  readonly prompt: P;
  /** Trigger that ends the prompt, if a call is demanded. */
  readonly forced: string | undefined;
}

export interface LoadOptions {
  /** In tokens, of each slot. */
  readonly contextSize: number;
  /** Waits for memory. Resolves to the number of slots. */
  readonly reserve: (needs: LoadNeeds) => Promise<number>;
  /** Receives the share that is loaded, from 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Runner with its weights in memory. */
export interface LoadedRunner<P, Grammar> {
  /** In words, such as `CPU` or `cuda`. */
  readonly device: string;
  /** Bytes of the weights. */
  readonly sizeBytes: number;
  readonly threads: number;
  readonly slots: number;
  /** True if native code takes far longer for a step than it ever did: it hangs. */
  readonly isStuck?: boolean;

  /** Counts the tokens of any prompt. */
  count(prompt: P): Promise<number>;

  /** Compiles a grammar in GBNF. Throws if llama.cpp can't parse it. */
  compile(gbnf: string): Promise<Grammar>;

  /** Takes an idle slot, which it chooses by the prompt. Only called if one is idle. */
  take(request: SlotRequest<P>, signal: AbortSignal): RunnerSlot<P, Grammar>;

  /** Reads the states that were used last into empty slots. Only called while no slot is taken. */
  restore?(): Promise<void>;

  /** Writes states that are not in files yet, so that they outlive this process. */
  keep?(): Promise<void>;
}

/** Request whose turn has come. */
export interface SlotRequest<P> {
  readonly prompt: P;
  /** Tokens of the prompt. */
  readonly tokens: number;
  readonly session: SessionKey;
  /** The client marked the prompt with a cache breakpoint. */
  readonly isHeld: boolean;
  readonly sampling: Sampling;
  /** The most tokens to generate; 0 evaluates the prompt only. */
  readonly maxTokens: number;
}

/** Slot that one request has for itself. Its steps are called in this order. */
export interface RunnerSlot<P, Grammar> {
  /**
   * Gets as much of the prompt into the slot as is known, from the slot, another slot or a file. Resolves to
   * its number of tokens. A runner that can't tell them apart evaluates the prompt too.
   */
  reuse(): Promise<number>;

  /** Evaluates the rest of the prompt. Yields how many of its tokens are there. */
  prefill(): AsyncIterable<number>;

  complete(): Completion<P, Grammar>;

  /** Frees the slot. An error means that its state can't be trusted. */
  release(error?: unknown): Promise<void>;
}

/** Grammar that applies now. Each object begins at the start of its grammar. */
export interface ActiveGrammar<Grammar> {
  /** Absent: nothing is enforced. */
  readonly grammar?: Grammar | undefined;
  /** Texts of single tokens from which on it applies; absent: from the next token on. */
  readonly triggers?: readonly string[] | undefined;
}

/** Next text of an answer, or the reason of its end. Text may be empty: a character can take several tokens. */
export type CompletionStep = { readonly text: string } | { readonly end: 'turn' | 'limit' };

/** Answer under way, written by the model and in places by the engine. */
export interface Completion<P, Grammar> {
  /** Number of tokens that were written. */
  readonly tokens: number;

  /**
   * Lets the model write on. Another object than the last time applies another grammar; a runner that
   * can't change it on the way begins a new completion after what was written.
   *
   * @throws the signal's reason
   */
  next(active: ActiveGrammar<Grammar>): Promise<CompletionStep>;

  /** Keeps only this beginning of the last text. */
  cut(text: string): void;

  /**
   * Writes a text for the model.
   *
   * @returns the text as it reads after what was written; undefined if there is no room for it
   */
  write(text: string): string | undefined;

  /** Remembers the place that `rewind` returns to. */
  mark(): void;
  rewind(): void;

  /** Prompt and answer as they were written, for the next prompt of the conversation. */
  transcript(): P;

  /** Stops what runs. */
  close(): Promise<void>;
}
