import type { KeepAlive } from '../units/keep-alive.ts';

/** Word for `backend:` in models.yaml. */
export type BackendKind = string;

/** How the next token is picked. What is absent is left to the model's own defaults. */
export interface Sampling {
  /** 0 is greedy and repeatable; at most 2. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
}

/** What answers at an OpenAI-compatible URL: it decides what is sent beyond OpenAI's own fields. */
export const SERVER_KINDS = [
  'llama-server',
  'vllm',
  'sglang',
  'lm-studio',
  'openai',
  'other',
] as const;

export type ServerKind = (typeof SERVER_KINDS)[number];

/**
 * How a model behind an OpenAI-compatible server is told to think: by `enable_thinking` of its chat
 * template, by an effort, or not at all, since it never does or `always` does.
 */
export const THINKING_CONTROLS = ['none', 'switch', 'effort', 'always'] as const;

export type ThinkingControl = (typeof THINKING_CONTROLS)[number];

/** No model knows a longer context; planning one takes time and memory of its own. */
export const MOST_CONTEXT_TOKENS = 2 ** 24;

/** Where a model's layers lie: as many on the GPU as fit, all, or so many. */
export type GpuLayers = (typeof GPU_LAYERS)[number] | number;

export const GPU_LAYERS = ['auto', 'max'] as const;

/** Whether attention is computed in one pass; `auto` where the device does it well. */
export const FLASH_ATTENTION = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof FLASH_ATTENTION)[number];

/** Whether tokens are guessed by what came before; `auto` where that makes an answer faster. */
export const PROMPT_LOOKUP = ['auto', 'off'] as const;

export type PromptLookupMode = (typeof PROMPT_LOOKUP)[number];

/** The types that llama.cpp takes for keys and values of a context; the model's quality falls with the bits. */
export const KV_TYPES = [
  'f32',
  'f16',
  'bf16',
  'q8_0',
  'q5_1',
  'q5_0',
  'q4_1',
  'q4_0',
  'iq4_nl',
] as const;

export type KvType = (typeof KV_TYPES)[number];

/** One of several servers that answer for a model. What it leaves out is as the model has it. */
export interface Provider {
  readonly url: string;
  readonly upstream?: string;
  /** Its share of the sessions, relative to the others'; 1 where it is absent. */
  readonly weight?: number;
  readonly key?: string;
  /** Sent beside the model's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly server?: ServerKind;
}

/** A model that a backend has found. */
export interface DiscoveredModel extends ModelSpec {
  /** Size on its server in bytes; absent if the server does not say. */
  readonly sizeBytes?: number;
}

/** A model as the registry knows it, with all that its backend needs. */
export interface ModelSpec {
  readonly name: string;
  readonly backend: BackendKind;
  /** The GGUF's absolute path, for backends that load files. */
  readonly file?: string;
  /** The absolute path of the projector (mmproj) by which a model from a file sees. */
  readonly mmproj?: string;
  /** Conversations without pictures go to the engine for text, at the price of both in memory. */
  readonly picturesApart?: boolean;
  /** The name that the upstream server knows the model by. */
  readonly upstream?: string;
  /** The upstream server's base URL; absent means the backend's own default. */
  readonly url?: string;
  /** The servers that share the model's requests, instead of the one at `url`. */
  readonly providers?: readonly Provider[];
  /** The environment variable that holds the upstream's key; with _1, _2 … appended, further ones. */
  readonly key?: string;
  /** Sent to the upstream with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the upstream is, where it can't be found out. */
  readonly server?: ServerKind;
  /** Whether the model can see, where it can't be found out. */
  readonly images?: boolean;
  /** Pixels along the longer edge beyond which an image is scaled down; absent means the API's 1568. */
  readonly imageLongestEdge?: number;
  /** How the model is told to think, where it can't be found out. */
  readonly thinking?: ThinkingControl;
  /** Context size in tokens; absent means what the backend finds right. */
  readonly context?: number;
  /** How long it stays in memory after its last request; absent means what its backend finds right. */
  readonly keepAliveMilliseconds?: KeepAlive;
  /** How many requests it answers at once; absent means as many as memory is for. */
  readonly parallel?: number;
  /** CPU threads; absent means what the backend finds right. */
  readonly threads?: number;
  /** Absent means `auto`. */
  readonly gpuLayers?: GpuLayers;
  /** Absent means `auto`. */
  readonly flashAttention?: FlashAttention;
  /** Absent means `f16`. */
  readonly kvType?: KvType;
  /** Absent means `auto`. */
  readonly promptLookup?: PromptLookupMode;
  /** A chat template in Jinja that takes the place of the model's own. */
  readonly template?: string;
  readonly sampling?: Sampling;
}
