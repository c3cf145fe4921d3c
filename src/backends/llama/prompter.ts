import type { Token } from 'node-llama-cpp';
import { renderContinuation } from '../../chat/continuation.ts';
import { placeDeferredTools } from '../../chat/deferred.ts';
import { injectInstructions } from '../../chat/inject.ts';
import { callableTools, renderPrompt } from '../../chat/render.ts';
import type { Prompt, PromptRequest } from '../../chat/render.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import {
  contextLimitExceeded,
  messageOf,
  promptTooLong,
  RuntimeFailure,
} from '../../core/errors.ts';
import { usableTokens } from '../context-size.ts';
import type { PreparedRequest } from './prepared.ts';
import type { ModelHead } from '../model-head.ts';
import { isForced } from './steering.ts';
import type { Transcripts } from './transcripts.ts';
import { tokenizePrompt, tokenizeStretches } from '../vocabulary.ts';

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
  readonly #transcripts: Transcripts;

  /** `contextSize` in tokens. */
  constructor(head: ModelHead, contextSize: number, transcripts: Transcripts) {
    this.#head = head;
    this.#transcripts = transcripts;
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
    const trigger = forced === undefined ? [] : template.control.split(forced);
    try {
      const asked = this.#asked(request, forced !== undefined);
      const { prompt, before } = this.#continue(request, asked) ?? {
        prompt: renderPrompt(template, asked),
        before: undefined,
      };
      const stretches = [...prompt.stretches, ...trigger];
      const tokens =
        before === undefined
          ? tokenizePrompt(model, stretches)
          : [...before, ...tokenizeStretches(model, stretches)];
      return { prompt, tokens, forced };
    } catch (error) {
      if (error instanceof RuntimeFailure) throw error;
      throw new RuntimeFailure(
        'invalid-request',
        `messages: the chat template of ${request.model.name} refuses this conversation: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** Goes on behind the last answer whose tokens are known. */
  #continue(request: GenerationRequest, asked: PromptRequest) {
    const { template, ending } = this.#head;
    for (const { answer, tokens } of this.#transcripts.find(request)) {
      const prompt = renderContinuation(template, ending, asked, answer);
      if (prompt !== undefined) return { prompt, before: tokens };
    }
    return undefined;
  }

  /** The request as it is rendered: with instructions, and tools where they belong. */
  #asked(request: GenerationRequest, forced: boolean): PromptRequest {
    // A call that is demanded comes at once, and thinking would come before it.
    const thinking = forced ? ({ mode: 'disabled' } as const) : request.thinking;
    const placed = placeDeferredTools(request.conversation);
    const tools = callableTools(placed, request.toolChoice);
    const thinks = thinking.mode === 'enabled';
    const conversation = injectInstructions(placed, this.#head.injection, tools, thinks);
    return { ...request, conversation, thinking };
  }
}
