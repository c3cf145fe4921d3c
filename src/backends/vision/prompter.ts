import { renderContinuation } from '../../chat/continuation.ts';
import { instructedRequest } from '../../chat/instructed.ts';
import { renderPrompt } from '../../chat/render.ts';
import type { Prompt, PromptRequest } from '../../chat/render.ts';
import { isForced } from '../../chat/tool-choice.ts';
import type { GenerationRequest } from '../../core/backend.ts';
import type { AnswerLimit } from '../answer-limit.ts';
import type { ModelHead } from '../model-head.ts';
import { renderingFailure } from '../rendering-failure.ts';
import type { Transcripts } from '../transcripts.ts';
import type { AddonPrompt } from './context-options.ts';
import { joinPrompt, markImages } from './marks.ts';
import type { MarkedPrompt } from './marks.ts';

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
export function writePrompt(
  head: ModelHead,
  request: GenerationRequest,
  transcripts: Transcripts<WrittenText>,
): WrittenPrompt {
  const { template, injection } = head;
  const syntax = template.format.tools;
  const forced = isForced(request.toolChoice) ? (syntax?.forced ?? syntax?.triggers[0]) : undefined;
  const marked = markImages(request.conversation);
  try {
    const asked = instructedRequest(
      { ...request, conversation: marked.conversation },
      injection,
      forced !== undefined,
    );
    const { rendered, before } = continued(head, request, asked, transcripts) ?? {
      rendered: renderPrompt(template, asked),
      before: NOTHING,
    };
    const { text, images } = joinPrompt(rendered.stretches, marked, leadOf(head));
    const written = { text: before.text + text, images: [...before.images, ...images] };
    return { rendered, forced, images: written.images, text: written.text + (forced ?? '') };
  } catch (error) {
    throw renderingFailure(error, request.model.name);
  }
}

const NOTHING: WrittenText = { text: '', images: [], length: 0 };

function continued(
  { template, ending }: ModelHead,
  request: GenerationRequest,
  asked: PromptRequest,
  transcripts: Transcripts<WrittenText>,
): { readonly rendered: Prompt; readonly before: WrittenText } | undefined {
  for (const { answer, written } of transcripts.find(request)) {
    const rendered = renderContinuation(template, ending, asked, answer);
    if (rendered !== undefined) return { rendered, before: written };
  }
  return undefined;
}

/** Tokens of a text as the addon counts them. */
export function countText(head: ModelHead, text: string): number {
  const lead = leadOf(head) === '' ? 0 : 1;
  return head.model.tokenize(text, true).length + lead;
}

/** llama.cpp itself puts the first token of some vocabularies before a prompt. */
function leadOf({ model, template }: ModelHead): string {
  return model.tokens.shouldPrependBosToken ? template.bos : '';
}
