import { renderPrompt } from '../../../src/prompt/render.ts';
import type { ChatTemplate, PromptRequest } from '../../../src/prompt/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';

/** A prompt's request with nothing special about it. */
export function asking(
  conversation: Conversation,
  asked: Partial<PromptRequest> = {},
): PromptRequest {
  return {
    conversation,
    toolChoice: { mode: 'auto', parallel: true },
    thinking: { mode: 'disabled' },
    ...asked,
  };
}

/** The whole prompt as one text. */
export function written(template: ChatTemplate, request: PromptRequest): string {
  return renderPrompt(template, request)
    .stretches.map(({ text }) => text)
    .join('');
}

/** The control tokens of a prompt. */
export function controlOf(template: ChatTemplate, request: PromptRequest): readonly string[] {
  return renderPrompt(template, request).stretches.flatMap(({ text, control }) =>
    control ? [text] : [],
  );
}
