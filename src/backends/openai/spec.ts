import type { GenerationRequest } from '../../core/backend.ts';
import type { ModelSpec } from '../../core/model.ts';

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

/** One of several servers that answer for a model. Missing fields are inherited from the model. */
export interface Provider {
  readonly url: string;
  readonly upstream?: string;
  /** Relative share of the sessions; default: 1. */
  readonly weight?: number;
  readonly key?: string;
  /** Headers in addition to the model's own. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly server?: ServerKind;
}

/** Model on one or more servers that speak OpenAI's API. */
export interface OpenAiSpec extends ModelSpec {
  /** Servers that share the model's requests, instead of the one at `url`. */
  readonly providers?: readonly Provider[];
  /** Environment variable with the upstream's key; `_1`, `_2` … appended name further keys. */
  readonly key?: string;
  /** Headers of every upstream request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Kind of the upstream, if detection fails. */
  readonly server?: ServerKind;
  /** Vision of the model, if detection fails. */
  readonly images?: boolean;
  /** Control of thinking, if detection fails. */
  readonly thinking?: ThinkingControl;
}

/** Request for such a model. */
export type OpenAiRequest = GenerationRequest<OpenAiSpec>;
