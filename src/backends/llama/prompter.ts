import type { Token } from 'node-llama-cpp';
import { renderContinuation } from '../../chat/continuation.ts';
import { instructedRequest } from '../../chat/instructed.ts';
import { renderPrompt } from '../../chat/render.ts';
import type { Prompt, PromptRequest } from '../../chat/render.ts';
import { isForced } from '../../chat/tool-choice.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import { answerLimit } from '../answer-limit.ts';
import type { PreparedRequest } from './prepared.ts';
import type { ModelHead } from '../model-head.ts';
import { renderingFailure } from '../rendering-failure.ts';
import type { Transcripts } from '../transcripts.ts';
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
  readonly #transcripts: Transcripts<readonly Token[]>;

  /** `contextSize` in tokens. */
  constructor(head: ModelHead, contextSize: number, transcripts: Transcripts<readonly Token[]>) {
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
    return { request, ...written, limit: answerLimit(request, count, this.#contextSize) };
  }

  #write(request: GenerationRequest): WrittenPrompt {
    const { template, model } = this.#head;
    const syntax = template.format.tools;
    const forced = isForced(request.toolChoice)
      ? (syntax?.forced ?? syntax?.triggers[0])
      : undefined;
    const trigger = forced === undefined ? [] : template.control.split(forced);
    try {
      const asked = instructedRequest(request, this.#head.injection, forced !== undefined);
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
      throw renderingFailure(error, request.model.name);
    }
  }

  /** Goes on behind the last answer whose tokens are known. */
  #continue(request: GenerationRequest, asked: PromptRequest) {
    const { template, ending } = this.#head;
    for (const { answer, written } of this.#transcripts.find(request)) {
      const prompt = renderContinuation(template, ending, asked, answer);
      if (prompt !== undefined) return { prompt, before: written };
    }
    return undefined;
  }
}
