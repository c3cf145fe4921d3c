import type { Token } from 'node-llama-cpp';
import type { Prompt } from '../../../../prompt/render.ts';
import type { GenerationRequest } from '../../../../core/backend.ts';
import type { AnswerLimit } from '../../answer-limit.ts';

/** A request that was counted and fits. */
export interface PreparedRequest {
  readonly request: GenerationRequest;
  readonly prompt: Prompt;
  readonly tokens: readonly Token[];
  /** The trigger that ends the prompt, where a call is demanded. */
  readonly forced: string | undefined;
  readonly limit: AnswerLimit;
  /** Tokens before the place up to which the prompt is to be kept longer, if it has one. */
  readonly tokensBeforePlace: number | undefined;
}
