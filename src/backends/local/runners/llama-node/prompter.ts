import type { Prompt } from '../../../../prompt/render.ts';
import type { GenerationRequest } from '../../../../core/backend.ts';
import type { AnswerLimit } from '../../answer-limit.ts';
import type { ModelHead } from '../../model/model-metadata.ts';
import { renderable } from '../../prompts/prompt-work.ts';
import type { Transcripts } from '../../transcripts.ts';
import type { AddonPrompt } from './context-options.ts';
import { joinPrompt, markImages } from './image-placeholders.ts';
import type { MarkedPrompt } from './image-placeholders.ts';

/** A request as the model will see it. */
export interface WrittenPrompt extends MarkedPrompt {
  readonly rendered: Prompt;
  /** The trigger that ends the prompt, where a call is demanded. */
  readonly forced: string | undefined;
}

/** A request that was counted and fits. */
export interface PreparedRequest {
  readonly request: GenerationRequest;
  readonly written: WrittenPrompt;
  readonly prompt: AddonPrompt;
  /** Of the whole prompt. */
  readonly tokens: number;
  readonly limit: AnswerLimit;
  /** Tokens before the place up to which the prompt is to be kept longer, if it has one. */
  readonly tokensBeforePlace: number | undefined;
}

/** A conversation up to the end of an answer, as it was written. */
export interface WrittenText extends MarkedPrompt {
  /** Characters of the text. */
  readonly length: number;
}

/**
 * Renders a request by the model's own template, behind the last answer that is known as it was written.
 * Throws `invalid-request` for what the template refuses.
 */
export async function writePrompt(
  head: ModelHead,
  request: GenerationRequest,
  transcripts: Transcripts<WrittenText>,
  signal: AbortSignal,
): Promise<WrittenPrompt> {
  const known = await transcripts.find(request, signal);
  const marked = markImages(request.conversation);
  const written = await head.prompts.run(
    'write',
    {
      request: renderable({ ...request, conversation: marked.conversation }),
      answers: known.map(({ answer }) => answer),
    },
    signal,
  );
  const { prompt: rendered, forced } = written;
  const before = known.find(({ answer }) => answer === written.answer)?.written ?? NOTHING;
  const { text, images } = joinPrompt(rendered.stretches, marked, leadOf(head));
  return {
    rendered,
    forced,
    images: [...before.images, ...images],
    text: before.text + text + (forced ?? ''),
  };
}

const NOTHING: WrittenText = { text: '', images: [], length: 0 };

/** Counts the tokens of a text as the addon does. */
export async function countText(
  head: ModelHead,
  text: string,
  signal: AbortSignal,
): Promise<number> {
  const lead = leadOf(head) === '' ? 0 : 1;
  return (await head.tokenizer.count(text, signal)) + lead;
}

/** The fewest tokens that a text can have, by its size alone. */
export function leastTokens({ tokenizer }: ModelHead, text: string): number {
  return tokenizer.least([{ text, control: false }]);
}

/** llama.cpp itself puts the first token of some vocabularies before a prompt. */
function leadOf({ model, bos }: ModelHead): string {
  return model.tokens.shouldPrependBosToken ? bos : '';
}
