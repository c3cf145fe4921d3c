import { renderPrompt } from '../../../src/prompt/render.ts';
import type { ChatTemplate, PromptRequest } from '../../../src/prompt/render.ts';
import type { Conversation } from '../../../src/core/conversation.ts';

/** Request with default tool choice and no thinking. */
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

/** Complete prompt as one text. */
export function written(template: ChatTemplate, request: PromptRequest): string {
  return renderPrompt(template, request)
    .stretches.map(({ text }) => text)
    .join('');
}

/** Control tokens of a prompt. */
export function controlOf(template: ChatTemplate, request: PromptRequest): readonly string[] {
  return renderPrompt(template, request).stretches.flatMap(({ text, control }) =>
    control ? [text] : [],
  );
}
