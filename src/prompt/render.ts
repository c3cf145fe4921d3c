import type { ThinkingMode } from '../core/backend.ts';
import type { Conversation, ToolChoice } from '../core/conversation.ts';
import type { GenerationRequest } from '../core/backend.ts';
import type { ChatFormat } from '../formats/format.ts';
import { Placeholders } from './placeholders.ts';
import type { ControlTokens, PromptStretch } from './control-tokens.ts';
import { templateMessages, templateTools } from './messages.ts';
import { prefillOf, promptEnd } from './prompt-end.ts';
import type { Prefill } from './prompt-end.ts';
import { spliceMessages } from './template-workarounds.ts';
import type { TemplateMessage } from './template-message.ts';
import type { TemplateTraits } from './template-traits.ts';
import { templateVariables } from './template-variables.ts';

/** Renders one chat template (Jinja) with the given variables. Throws what the template raises. */
export type TemplateRenderer = (variables: Readonly<Record<string, unknown>>) => string;

/** All that is known of a model's way to write a conversation. */
export interface ChatTemplate {
  readonly render: TemplateRenderer;
  readonly format: ChatFormat;
  readonly traits: TemplateTraits;
  readonly control: ControlTokens;
  /** How the vocabulary writes its first and last token; templates put them in themselves. */
  readonly bos: string;
  readonly eos: string;
}

export interface Prompt {
  readonly stretches: readonly PromptStretch[];
  /** The prompt ends inside the model's thinking tags. */
  readonly thinkingOpen: boolean;
  /** The prompt ends in text of the assistant that the model goes on with. */
  readonly continuesText: boolean;
}

/** The parts of a request that its prompt is made of. */
export type PromptRequest = Pick<
  GenerationRequest,
  'conversation' | 'toolChoice' | 'thinking' | 'effort'
>;

/**
 * Writes a conversation as the model's own template does. What others wrote can't become a control
 * token. Throws what the template raises, and `unsupported` for parts that have no text.
 */
export function renderPrompt(template: ChatTemplate, request: PromptRequest): Prompt {
  const { conversation, prefill } = splitPrefill(request.conversation);
  const asked = { ...request, conversation, thinking: thinkingBefore(prefill, request.thinking) };
  const placeholders = new Placeholders(template.control);
  const { rendered, traits } = renderConversation(template, asked, placeholders);
  const begun = {
    thinking: placeholders.protectText(prefill.thinking),
    text: placeholders.protectText(prefill.text),
  };
  const end = promptEnd(template.format, traits, rendered, asked.thinking, begun);
  return {
    stretches: placeholders.restore(rendered + end.text, traits.calls?.lead),
    thinkingOpen: end.thinkingOpen,
    continuesText: prefill.text !== '',
  };
}

/** An answer that has begun is thought about already, or was not to be. */
function thinkingBefore(prefill: Prefill, thinking: ThinkingMode): ThinkingMode {
  if (prefill.thinking !== '') return { mode: 'adaptive' };
  return prefill.text === '' ? thinking : { mode: 'disabled' };
}

/**
 * The conversation with the template's own generation prompt. What the template refuses although its
 * probes passed is written with nothing but users and answers in turn.
 */
function renderConversation(
  template: ChatTemplate,
  request: PromptRequest,
  placeholders: Placeholders,
): { readonly rendered: string; readonly traits: TemplateTraits } {
  const { traits } = template;
  const messages = templateMessages(request.conversation, traits);
  try {
    return { rendered: renderMessages(template, request, messages, placeholders), traits };
  } catch (error) {
    const plain = { ...traits, ...PLAIN_TURNS };
    const turns = templateMessages(request.conversation, plain);
    try {
      return { rendered: renderMessages(template, request, turns, placeholders), traits: plain };
    } catch {
      throw error;
    }
  }
}

const PLAIN_TURNS = {
  system: false,
  systemAnywhere: false,
  reasoning: undefined,
  calls: undefined,
};

function renderMessages(
  { render, format, traits, bos, eos }: ChatTemplate,
  request: PromptRequest,
  messages: readonly TemplateMessage[],
  placeholders: Placeholders,
): string {
  const tools = templateTools(
    callableTools(request.conversation, request.toolChoice),
    traits.parameters,
  );
  return render({
    messages: placeholders.protect(spliceMessages(messages, placeholders, format)),
    ...(tools.length > 0 && toolVariables(placeholders.protect(tools))),
    ...templateVariables(request, traits),
    add_generation_prompt: true,
    bos_token: bos,
    eos_token: eos,
  });
}

/** Firefunction's template takes its tools as JSON, and needs some. */
function toolVariables(tools: unknown) {
  return { tools, functions: JSON.stringify(tools) };
}

/** The tools that are rendered as callable. */
export function callableTools(
  conversation: Conversation,
  choice: ToolChoice,
): Conversation['tools'] {
  return choice.mode === 'none' ? [] : conversation.tools;
}

/** A last assistant turn is no message of its own: the model goes on where it ends. */
function splitPrefill(conversation: Conversation): {
  readonly conversation: Conversation;
  readonly prefill: Prefill;
} {
  const last = conversation.turns.at(-1);
  if (last?.role !== 'assistant' || last.parts.some(({ kind }) => kind === 'tool-call')) {
    return { conversation, prefill: prefillOf([]) };
  }
  return {
    conversation: { ...conversation, turns: conversation.turns.slice(0, -1) },
    prefill: prefillOf(last.parts),
  };
}
