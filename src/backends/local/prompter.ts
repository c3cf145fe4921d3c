import type { GenerationRequest } from '../../core/backend.ts';
import { conversationUntil } from '../../prompt/prompt-prefix.ts';
import { raceAbort } from '../../core/abort.ts';
import type { LoadedRunner, Runner, RunnerPrompt, WrittenPrompt } from './runner.ts';
import type { Transcripts } from './transcripts.ts';
import { contextLimitExceeded, promptTooLong } from '../../core/failure.ts';

/** Rendered and counted request that fits the context. */
export interface PreparedRequest<P> extends WrittenPrompt<P> {
  readonly request: GenerationRequest;
  /** Tokens of the complete prompt. */
  readonly tokens: number;
  readonly limit: AnswerLimit;
  /** Tokens before the place up to which the prompt is cached longer; undefined if there is none. */
  readonly tokensBeforePlace: number | undefined;
}

export interface PrompterOptions<P extends RunnerPrompt> {
  readonly runner: Runner<P, unknown>;
  /** Size of the context in tokens. */
  readonly contextSize: number;
  readonly transcripts: Transcripts<P>;
  /** Loads the model, for prompts that only the loaded model can count. */
  readonly load: () => Promise<Pick<LoadedRunner<P, unknown>, 'count'>>;
}

/** Turns requests into prompts, and checks that they fit. */
export class Prompter<P extends RunnerPrompt> {
  readonly #options: PrompterOptions<P>;

  constructor(options: PrompterOptions<P>) {
    this.#options = options;
  }

  /** Counts the tokens of the complete prompt. Throws like `prepare`, but never for its length. */
  async count(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    const { prompt } = await this.#write(request, Infinity, signal);
    return this.#countPrompt(prompt, signal);
  }

  /**
   * Renders and counts a request, and limits its answer.
   *
   * @throws {RuntimeFailure} `prompt-too-long`; `invalid-request` for a conversation that the template refuses
   */
  async prepare(request: GenerationRequest, signal: AbortSignal): Promise<PreparedRequest<P>> {
    const { contextSize } = this.#options;
    const written = await this.#write(request, contextSize, signal);
    const tokens = await this.#countPrompt(written.prompt, signal);
    const limit = answerLimit(request, tokens, contextSize);
    const tokensBeforePlace = await this.#tokensBefore(request, written.prompt, signal);
    return { request, ...written, tokens, limit, tokensBeforePlace };
  }

  async #write(
    request: GenerationRequest,
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt<P>> {
    const { runner, transcripts } = this.#options;
    return runner.write(request, await transcripts.find(request, signal), most, signal);
  }

  async #countPrompt(prompt: P, signal: AbortSignal): Promise<number> {
    const { runner, load } = this.#options;
    const counted = await runner.count(prompt, signal);
    if (counted !== undefined) return counted;
    const loaded = await raceAbort(load(), signal);
    return loaded.count(prompt, signal);
  }

  async #tokensBefore(
    request: GenerationRequest,
    prompt: P,
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (request.longCache === undefined) return undefined;
    const conversation = conversationUntil(request.conversation, request.longCache);
    const before = await this.#write({ ...request, conversation }, Infinity, signal);
    return this.#countPrompt(this.#options.runner.commonPrefix(before.prompt, prompt), signal);
  }
}

/** Limit of the generated tokens, and the reason of the end there. */
interface AnswerLimit {
  readonly tokens: number;
  readonly reason: 'max-tokens' | 'context-exceeded';
}

/**
 * Limits the answer to a prompt of `count` tokens; 0 tokens if the prompt fills the context. Throws
 * `prompt-too-long`.
 *
 * @param contextSize size of the context in tokens
 */
function answerLimit(
  request: Pick<GenerationRequest, 'maxTokens' | 'overflow'>,
  count: number,
  contextSize: number,
): AnswerLimit {
  if (count > contextSize) throw promptTooLong(count, contextSize);
  const available = contextSize - count;
  if (request.maxTokens <= available) return { tokens: request.maxTokens, reason: 'max-tokens' };
  if (request.overflow === 'strict') {
    throw contextLimitExceeded(count, request.maxTokens, contextSize);
  }
  return { tokens: available, reason: 'context-exceeded' };
}
