import type { Token } from 'node-llama-cpp';
import { injectInstructions } from '../../chat/inject.ts';
import { callableTools, renderPrompt } from '../../chat/render.ts';
import type { Prompt } from '../../chat/render.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import {
  contextLimitExceeded,
  messageOf,
  promptTooLong,
  RuntimeFailure,
} from '../../core/errors.ts';
import { usableTokens } from './engine.ts';
import type { PreparedRequest } from './prepared.ts';
import type { ModelHead } from './model-head.ts';
import { isForced } from './steering.ts';
import { tokenizePrompt } from './vocabulary.ts';

/** A prompt as the model will see it. */
interface WrittenPrompt {
  readonly prompt: Prompt;
  readonly tokens: readonly Token[];
  readonly forced: string | undefined;
}

/** Turns requests into prompts, and finds out whether they fit. */
export class Prompter {
  readonly #head: ModelHead;
  readonly #contextSize: number;

  /** `contextSize` in tokens. */
  constructor(head: ModelHead, contextSize: number) {
    this.#head = head;
    this.#contextSize = contextSize;
  }

  /** The tokens of the whole prompt. Throws as `prepare`, but never for its length. */
  count(request: GenerationRequest): number {
    return this.#write(request).tokens.length;
  }

  /**
   * Renders, counts, and decides how much may be generated. Throws `prompt-too-long`, and
   * `invalid-request` for what the model's template refuses.
   */
  prepare(request: GenerationRequest): PreparedRequest {
    const written = this.#write(request);
    const count = written.tokens.length;
    const context = usableTokens(this.#contextSize);
    if (count >= context) throw promptTooLong(count, context - 1);
    const room = context - count;
    if (request.maxTokens <= room) {
      return { request, ...written, limit: { tokens: request.maxTokens, reason: 'max-tokens' } };
    }
    if (request.overflow === 'strict') {
      throw contextLimitExceeded(count, request.maxTokens, context);
    }
    return { request, ...written, limit: { tokens: room, reason: 'context-exceeded' } };
  }

  #write(request: GenerationRequest): WrittenPrompt {
    const { template, model } = this.#head;
    const syntax = template.format.tools;
    const forced = isForced(request.toolChoice)
      ? (syntax?.forced ?? syntax?.triggers[0])
      : undefined;
    const prompt = this.#render(request, forced !== undefined);
    const trigger = forced === undefined ? [] : template.control.split(forced);
    return { prompt, tokens: tokenizePrompt(model, [...prompt.stretches, ...trigger]), forced };
  }

  #render(request: GenerationRequest, forced: boolean): Prompt {
    const { template, injection } = this.#head;
    // A call that is demanded comes at once, and thinking would come before it.
    const thinking = forced ? ({ mode: 'disabled' } as const) : request.thinking;
    const tools = callableTools(request.conversation, request.toolChoice);
    const thinks = thinking.mode === 'enabled';
    const conversation = injectInstructions(request.conversation, injection, tools, thinks);
    try {
      return renderPrompt(template, { ...request, conversation, thinking });
    } catch (error) {
      if (error instanceof RuntimeFailure) throw error;
      throw new RuntimeFailure(
        'invalid-request',
        `messages: the chat template of ${request.model.name} refuses this conversation: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }
}
