import type { KeepAlive } from '../units/keep-alive.ts';

/** Word for `backend:` in models.yaml. */
export type BackendKind = string;

/** Sampling of the next token. Absent fields have the model's own defaults. */
export interface Sampling {
  /** 0 is greedy and repeatable; at most 2. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly seed?: number;
}

/** Kinds of OpenAI-compatible servers, which accept different fields beyond OpenAI's own. */
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
 * Control of thinking on an OpenAI-compatible server: by `enable_thinking` of the chat template, by an
 * effort, or not at all, because the model never thinks or `always` does.
 */
export const THINKING_CONTROLS = ['none', 'switch', 'effort', 'always'] as const;

export type ThinkingControl = (typeof THINKING_CONTROLS)[number];

/** No model knows a longer context; planning one takes time and memory of its own. */
export const MOST_CONTEXT_TOKENS = 2 ** 24;

/** Number of a model's layers on the GPU: as many as fit, all, or a count. */
export type GpuLayers = (typeof GPU_LAYERS)[number] | number;

export const GPU_LAYERS = ['auto', 'max'] as const;

/** Flash attention, which computes attention in one pass; `auto` uses it if the device does it well. */
export const FLASH_ATTENTION = ['auto', 'on', 'off'] as const;

export type FlashAttention = (typeof FLASH_ATTENTION)[number];

/** Speculative decoding by earlier tokens; `auto` uses it if that makes an answer faster. */
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
  /** Relative share of the sessions; default: 1. */
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
  /** Environment variable with the upstream's key; with _1, _2 … appended, further ones. */
  readonly key?: string;
  /** Sent to the upstream with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Kind of the upstream, if detection fails. */
  readonly server?: ServerKind;
  /** Vision of the model, if detection fails. */
  readonly images?: boolean;
  /** Pixels along the longer edge beyond which an image is scaled down; absent means the API's 1568. */
  readonly imageLongestEdge?: number;
  /** Control of thinking, if detection fails. */
  readonly thinking?: ThinkingControl;
  /** Context size in tokens; absent means what the backend finds right. */
  readonly context?: number;
  /** Time in memory after its last request; absent means the backend's default. */
  readonly keepAliveMilliseconds?: KeepAlive;
  /** Number of concurrent requests; absent means as many as memory allows. */
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
