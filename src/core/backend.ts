import type { Conversation, ToolChoice } from './conversation.ts';
import type { GenerationEvent } from './events.ts';
import type { JsonObject } from './json.ts';
import type { BackendKind, DiscoveredModel, ModelSpec, Sampling } from './model.ts';

/** What a model behind a backend can do. What it cannot is said here, not discovered by failing. */
export interface Capabilities {
  /** False for a base model and one for embeddings; absent if it chats. */
  readonly chats?: false;
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number;
  /** The most tokens that its entry can set for a context: those of its training, or its server's; absent if unknown. */
  readonly maxContextTokens?: number;
  /** `switchable`: it thinks when asked to; `always`: it can't be told not to. */
  readonly thinking: 'none' | 'switchable' | 'always';
  /** `auto`: calls are parsed; `enforced`: a choice and the schemas are guaranteed too. */
  readonly tools: 'none' | 'auto' | 'enforced';
  /** With tools `none`: a demanded call is enforced, though the model is not shown the tools. */
  readonly forcesCalls?: true;
  /** Whether an answer can be held to a JSON Schema. */
  readonly structuredOutput: boolean;
  readonly images: boolean;
  readonly documents: boolean;
  readonly citations: boolean;
  /** Whether `countTokens` is what a generation will report. */
  readonly exactCount: boolean;
}

export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

export type Effort = (typeof EFFORTS)[number];

/** `adaptive` leaves it to the model whether and how long it thinks. */
export type ThinkingMode =
  | { readonly mode: 'disabled' }
  | { readonly mode: 'adaptive' }
  | { readonly mode: 'enabled'; readonly budgetTokens: number };

/** Who asks, as far as the client tells: it decides which slot's prefix is likely to fit. */
export interface SessionKey {
  readonly user?: string;
  readonly session?: string;
  readonly agent?: string;
}

/** A place in a prompt: after so many tools, system texts and turns, and so many parts of the next turn. */
export interface PromptPlace {
  readonly tools: number;
  readonly system: number;
  readonly turns: number;
  readonly parts: number;
}

/** One generation, in no wire's terms. It is plain data: it crosses process borders as JSON. */
export interface GenerationRequest<Spec extends ModelSpec = ModelSpec> {
  readonly id: string;
  readonly model: Spec;
  readonly conversation: Conversation;
  readonly toolChoice: ToolChoice;
  /** 0 evaluates the prompt and generates nothing. */
  readonly maxTokens: number;
  readonly stopSequences: readonly string[];
  readonly sampling: Sampling;
  readonly thinking: ThinkingMode;
  readonly effort?: Effort;
  /** The answer's text must be JSON that is valid against this schema. */
  readonly outputSchema?: JsonObject;
  readonly session: SessionKey;
  /** Nobody reads the answer before its end, so a server may be asked for it in one piece. */
  readonly whole?: boolean;
  /** The client asks to keep the prompt for later requests, and wants to know how much of it was. */
  readonly cachesPrompt?: boolean;
  /** End of the part of the prompt that is to be kept longer than the rest. */
  readonly longCache?: PromptPlace;
  /** Where prompt and `maxTokens` exceed the context: generate what fits, or refuse. */
  readonly overflow: 'clamp' | 'strict';
}

/** How a model that is in memory fares. */
export interface LoadStatus {
  /** In words, such as `CPU` or `cuda`. */
  readonly device: string;
  /** Bytes of the weights. */
  readonly sizeBytes: number;
  /** Tokens that prompt and answer may have together. */
  readonly contextTokens: number;
  /** A slot answers one request at a time. */
  readonly slots: { readonly busy: number; readonly total: number };
  /** Requests that wait for a slot. */
  readonly waiting: number;
  /** Since its last request ended, or it was loaded; 0 while it answers. */
  readonly idleMilliseconds: number;
}

export interface LoadedModel extends LoadStatus {
  readonly name: string;
  /** False if its engine does not answer; the rest is as it was last, or empty. Absent if it does. */
  readonly responds?: false;
  /** Kind of engine, if a model can have one of each in memory. */
  readonly engine?: 'text' | 'vision';
  /** Until it leaves the memory if it isn't used; null while it answers, and where it stays. */
  readonly unloadsInMilliseconds: number | null;
}

/**
 * Engine of our own, or client of another server, behind a model.
 *
 * @typeParam Spec models of this backend, with the options of its own that its schema has checked
 */
export interface Backend<Spec extends ModelSpec = ModelSpec> {
  readonly kind: BackendKind;

  /** What the model can do. Throws a RuntimeFailure where the model can't be reached or read. */
  capabilities(model: Spec, signal: AbortSignal): Promise<Capabilities>;

  /**
   * The same for listings, known without an engine; undefined if it can't be known so. Absent if
   * `capabilities` itself needs none.
   */
  describe?(model: Spec): Promise<Capabilities | undefined>;

  /** Way to give a model vision, if a part of it is missing here; undefined or absent if none is. */
  visionHint?(model: Spec): string | undefined;

  /**
   * Models that answer without being registered, found soon enough for every listing to ask; none
   * where what stands behind is away. `asked`: a name to include if it would be taken unseen.
   */
  discover?(asked?: string): Promise<readonly DiscoveredModel[]>;

  /** Tokens of the whole prompt as `generate` would evaluate it. */
  countTokens(request: GenerationRequest<Spec>, signal: AbortSignal): Promise<number>;

  /**
   * Answers the request; see GenerationEvent for the order of events. Throws a RuntimeFailure.
   * Aborting the signal, or leaving the generator, stops the work and frees what it held.
   *
   * @param ending the caller reads calls and thinking out of the text, so only it can tell where a stop
   *   sequence counts: the backend looks for none. Once `ending` is aborted, the answer ends with its
   *   `finish`. A backend that can't end it then goes on to the end
   */
  generate(
    request: GenerationRequest<Spec>,
    signal: AbortSignal,
    ending?: AbortSignal,
  ): AsyncGenerator<GenerationEvent>;

  /** True if its server separates thinking and calls from text, and may leave some in the text. */
  readonly mayLeak?: true;

  /** Names that a server knows tools by if it does not take their own, by the own name. */
  toolAliases?(request: GenerationRequest<Spec>): ReadonlyMap<string, string>;

  /** The models that this process holds in memory now. Absent where a backend holds none here. */
  loaded?(signal: AbortSignal): Promise<readonly LoadedModel[]>;

  /** Frees a model's memory; requests that it still answers fail, and the next one loads it again. */
  unload?(name: string): Promise<void>;

  /** Ends all work and frees all that is loaded. */
  close(): Promise<void>;
}
