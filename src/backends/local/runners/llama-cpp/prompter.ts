import type { Token } from 'node-llama-cpp';
import type { GenerationRequest } from '../../../../core/backend.ts';
import { commonLength, conversationUntil } from '../../../../prompt/prompt-prefix.ts';
import { promptTooLong } from '../../../../core/failure.ts';
import { answerLimit } from '../../answer-limit.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { renderable } from '../../prompts/prompt-work.ts';
import type { Transcripts } from '../../transcripts.ts';
import type { PreparedRequest } from './prepared.ts';

/** A prompt as the model will see it. */
type WrittenPrompt = Pick<PreparedRequest, 'prompt' | 'tokens' | 'forced'>;

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

  /** Counts the tokens of the whole prompt. Throws as `prepare`, but never for its length. */
  async count(request: GenerationRequest, signal: AbortSignal): Promise<number> {
    return (await this.#write(request, Infinity, signal)).tokens.length;
  }

  /**
   * Renders, counts, and decides how much may be generated. Throws `prompt-too-long`, and
   * `invalid-request` for what the model's template refuses.
   */
  async prepare(request: GenerationRequest, signal: AbortSignal): Promise<PreparedRequest> {
    const written = await this.#write(request, this.#contextSize, signal);
    const count = written.tokens.length;
    const limit = answerLimit(request, count, this.#contextSize);
    const tokensBeforePlace = await this.#tokensBefore(request, written.tokens, signal);
    return { request, ...written, limit, tokensBeforePlace };
  }

  async #tokensBefore(
    request: GenerationRequest,
    tokens: readonly Token[],
    signal: AbortSignal,
  ): Promise<number | undefined> {
    if (request.longCache === undefined) return undefined;
    const conversation = conversationUntil(request.conversation, request.longCache);
    const before = await this.#write({ ...request, conversation }, Infinity, signal);
    return commonLength(before.tokens, tokens);
  }

  /** @param most tokens; a prompt that has more by its size alone is refused before it is tokenized */
  async #write(
    request: GenerationRequest,
    most: number,
    signal: AbortSignal,
  ): Promise<WrittenPrompt> {
    const { prompts, tokenizer } = this.#head;
    const known = await this.#transcripts.find(request, signal);
    const answers = known.map(({ answer }) => answer);
    const written = await prompts.run('write', { request: renderable(request), answers }, signal);
    const { prompt, trigger, forced } = written;
    const before = known.find(({ answer }) => answer === written.answer)?.written;
    const stretches = [...prompt.stretches, ...trigger];
    const least = (before?.length ?? 0) + tokenizer.least(stretches);
    if (least > most) throw promptTooLong(least, most);
    const tokens =
      before === undefined
        ? await tokenizer.prompt(stretches, signal)
        : [...before, ...(await tokenizer.middle(stretches, signal))];
    return { prompt, tokens, forced };
  }
}
