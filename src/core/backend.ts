import type { ContextEdit } from './context-edits.ts';
import type { Conversation, ToolChoice } from './conversation.ts';
import type { GenerationEvent } from './events.ts';
import type { JsonObject } from './json.ts';
import type { BackendKind, DiscoveredModel, ModelSpec, Sampling } from './model.ts';

/** Capabilities of a backend's model, so that a missing one is known before a request fails. */
export interface Capabilities {
  /** False for base models and embedding models; absent if the model chats. */
  readonly chats?: false;
  /** Reason why no request can be answered, such as a damaged file; absent if none is known. `chats` is false then. */
  readonly problem?: string;
  /** Total tokens of prompt and answer. */
  readonly contextTokens: number;
  /** The most tokens that its entry can set for a context: those of its training, or its server's; absent if unknown. */
  readonly maxContextTokens?: number;
  /** `switchable`: the request decides; `always`: thinking can't be turned off. */
  readonly thinking: 'none' | 'switchable' | 'always';
  /** `auto`: calls are parsed; `enforced`: tool choice and schemas are guaranteed too. */
  readonly tools: 'none' | 'auto' | 'enforced';
  /** With tools `none`: a demanded call is enforced, though the model is not shown the tools. */
  readonly forcesCalls?: true;
  /** True if an answer can be constrained by a JSON Schema. */
  readonly structuredOutput: boolean;
  readonly images: boolean;
  /** True if PDFs are read, as text at least. */
  readonly documents: boolean;
  readonly citations: boolean;
  /** True if `countTokens` equals the count that a generation reports. */
  readonly exactCount: boolean;
}

export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

export type Effort = (typeof EFFORTS)[number];

/** Thinking of a request. With `adaptive`, the model decides if and how long it thinks. */
export type ThinkingMode =
  | { readonly mode: 'disabled' }
  | { readonly mode: 'adaptive' }
  | { readonly mode: 'enabled'; readonly budgetTokens: number };

/** Identity of a client's session, as far as it is known. It helps to choose the slot with the best prefix. */
export interface SessionKey {
  readonly user?: string;
  readonly session?: string;
  readonly agent?: string;
  /** Name of the client program, for listings. */
  readonly client?: string;
}

/** Place in a prompt: counts of the tools, system texts, turns, and parts of the next turn before it. */
export interface PromptPlace {
  readonly tools: number;
  readonly system: number;
  readonly turns: number;
  readonly parts: number;
}

/** Wire-neutral request for one generation. Plain data: it crosses process borders as JSON. */
export interface GenerationRequest<Spec extends ModelSpec = ModelSpec> {
  readonly id: string;
  readonly model: Spec;
  readonly conversation: Conversation;
  readonly toolChoice: ToolChoice;
  /** Limit of generated tokens; 0 only evaluates the prompt. */
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  readonly sampling: Sampling;
  readonly thinking: ThinkingMode;
  readonly effort?: Effort;
  /** Schema that the answer's text, as JSON, must match. */
  readonly outputSchema?: JsonObject;
  readonly session: SessionKey;
  /** The answer is not streamed to the client, so an upstream may be asked for it in one piece. */
  readonly whole?: boolean;
  /** The client requests prompt caching and its token counts. */
  readonly cachesPrompt?: boolean;
  /** End of the part of the prompt with the longer cache lifetime. */
  readonly longCache?: PromptPlace;
  /** Id of the answer, by which a later request can name it. */
  readonly answerId?: string;
  /** The client asks why its prompt was evaluated again; with the id of the answer to the prompt before, if any. */
  readonly diagnosis?: { readonly previousAnswerId?: string };
  /** Edits of the conversation before the model reads it. The pipeline makes them, so no backend sees any. */
  readonly edits?: readonly ContextEdit[];
  /** Handling of a prompt and `maxTokens` that exceed the context: generate what fits, or refuse. */
  readonly overflow: 'clamp' | 'strict';
}

/** Status of a loaded model. */
export interface LoadStatus {
  /** Device name, such as `CPU` or `cuda`. */
  readonly device: string;
  /** Bytes of the weights. */
  readonly sizeBytes: number;
  /** Total tokens of prompt and answer. */
  readonly contextTokens: number;
  /** Slots; each answers one request at a time. */
  readonly slots: { readonly busy: number; readonly total: number };
  /** Requests that wait for a slot. */
  readonly waiting: number;
  /** Time since its last request ended or since it was loaded; 0 while it answers. */
  readonly idleMs: number;
  /** Prompts whose evaluation is kept in files for this model; absent if it keeps none in files. */
  readonly kept?: CachedPrompts;
}

export interface CachedPrompts {
  readonly count: number;
  readonly bytes: number;
}

export interface LoadedModel extends LoadStatus {
  readonly name: string;
  /** False if its engine does not respond: the other fields are then the last known ones. Else absent. */
  readonly responds?: false;
  /** Kind of engine, if a model can have one of each kind in memory. */
  readonly engine?: 'text' | 'vision';
  /** Time until an unused model is unloaded; null while it answers or if it stays loaded. */
  readonly unloadsInMs: number | null;
}

/**
 * Source of a model's answers: a local engine or a client of another server.
 *
 * @typeParam Spec models of this backend, with the options of its own that its schema has checked
 */
export interface Backend<Spec extends ModelSpec = ModelSpec> {
  readonly kind: BackendKind;

  /** Returns a model's capabilities. Throws a RuntimeFailure if the model can't be reached or read. */
  capabilities(model: Spec, signal: AbortSignal): Promise<Capabilities>;

  /**
   * Returns the capabilities for listings without loading an engine; undefined if that is not possible.
   * Absent if `capabilities` itself needs no engine.
   */
  describe?(model: Spec): Promise<Capabilities | undefined>;

  /** Hint how to add vision to a model whose projector is missing; undefined or absent if nothing is missing. */
  visionHint?(model: Spec): string | undefined;

  /**
   * Lists models that are not in the registry, fast enough for every listing; none if the server is
   * unavailable. `asked` is a name to include if the server accepts it without listing it.
   */
  discover?(asked?: string): Promise<readonly DiscoveredModel[]>;

  /** Counts the tokens of the complete prompt as `generate` would evaluate it. */
  countTokens(request: GenerationRequest<Spec>, signal: AbortSignal): Promise<number>;

  /**
   * Answers the request; see GenerationEvent for the order of events. Throws a RuntimeFailure.
   * Aborting the signal or leaving the generator stops the work and frees its resources.
   *
   * @param ending if present, the caller parses calls and thinking from the text and detects stop sequences
   *   itself, and the backend ignores them. After `ending` aborts, the answer ends with its `finish`; a
   *   backend that can't stop early continues to the end
   */
  generate(
    request: GenerationRequest<Spec>,
    signal: AbortSignal,
    ending?: AbortSignal,
  ): AsyncGenerator<GenerationEvent>;

  /** True if its server separates thinking and calls from text, but may leave some in the text. */
  readonly mayLeak?: true;

  /** Replacements of tool names that the server does not accept, by original name. */
  toolAliases?(request: GenerationRequest<Spec>): ReadonlyMap<string, string>;

  /** Lists the models in this process's memory. Absent if the backend has no models in memory. */
  loaded?(signal: AbortSignal): Promise<readonly LoadedModel[]>;

  /** Unloads a model. Its running requests fail, and the next request loads it again. */
  unload?(name: string): Promise<void>;

  /** Ends all work and unloads all models. */
  close(): Promise<void>;
}
