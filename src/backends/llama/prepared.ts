import type { Token } from 'node-llama-cpp';
import type { Prompt } from '../../chat/render.ts';
import type { GenerationRequest } from '../../core/backend.ts';

/** A request that was counted and fits. */
export interface PreparedRequest {
  readonly request: GenerationRequest;
  readonly prompt: Prompt;
  readonly tokens: readonly Token[];
  /** The trigger that ends the prompt, where a call is demanded. */
  readonly forced: string | undefined;
  /** The most tokens to generate, and why it ends there. */
  readonly limit: { readonly tokens: number; readonly reason: 'max-tokens' | 'context-exceeded' };
}
