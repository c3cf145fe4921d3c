import type { ThinkingMode } from '../core/backend.ts';
import type { Conversation, ToolChoice } from '../core/conversation.ts';
import type { GenerationRequest } from '../core/backend.ts';
import type { ChatFormat } from '../formats/format.ts';
import { Placeholders } from './placeholders.ts';
import type { ControlTokens, PromptStretch } from './control-tokens.ts';
import { templateMessages, templateTools } from './messages.ts';
import { prefillOf, promptEnd } from './prompt-end.ts';
import type { Prefill } from './prompt-end.ts';
import { applyWorkarounds } from './template-workarounds.ts';
import type { TemplateMessage } from './template-message.ts';
import type { TemplateTraits } from './template-traits.ts';
import { templateVariables } from './template-variables.ts';

/** Renders one chat template (Jinja) with variables. Throws the errors that the template raises. */
export type TemplateRenderer = (variables: Readonly<Record<string, unknown>>) => string;

/** Chat template of a model with everything needed to render conversations. */
export interface ChatTemplate {
  readonly render: TemplateRenderer;
  readonly format: ChatFormat;
  readonly traits: TemplateTraits;
  readonly control: ControlTokens;
  /** Texts of the vocabulary's first and last token. Templates insert them. */
  readonly bos: string;
  readonly eos: string;
}

export interface Prompt {
  readonly stretches: readonly PromptStretch[];
  /** The prompt ends inside the model's thinking tags. */
  readonly thinkingOpen: boolean;
  /** The prompt ends in text of the assistant, and the model continues it. */
  readonly continuesText: boolean;
}

/** Fields of a request that determine its prompt. */
export type PromptRequest = Pick<
  GenerationRequest,
  'conversation' | 'toolChoice' | 'thinking' | 'effort'
>;

/**
 * Renders a conversation with the model's chat template. Message content can't become a control token.
 * Rethrows the errors that the template raises.
 *
 * @throws {unsupported} if a part has no text form
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

/** Thinking mode after a prefill: an answer that has begun needs no further thinking. */
function thinkingBefore(prefill: Prefill, thinking: ThinkingMode): ThinkingMode {
  if (prefill.thinking !== '') return { mode: 'adaptive' };
  return prefill.text === '' ? thinking : { mode: 'disabled' };
}

/**
 * Renders the conversation with the template's own generation prompt. If the template refuses it although
 * the probes passed, falls back to plain user and assistant messages.
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
    messages: placeholders.protect(applyWorkarounds(messages, placeholders, format)),
    ...(tools.length > 0 && toolVariables(placeholders.protect(tools))),
    ...templateVariables(request, traits),
    add_generation_prompt: true,
    bos_token: bos,
    eos_token: eos,
  });
}

/** Variables for tools. Firefunction's template expects them as JSON in `functions`. */
function toolVariables(tools: unknown) {
  return { tools, functions: JSON.stringify(tools) };
}

/** Tools that are rendered as callable. */
export function callableTools(
  conversation: Conversation,
  choice: ToolChoice,
): Conversation['tools'] {
  return choice.mode === 'none' ? [] : conversation.tools;
}

/** Separates a last assistant turn, which the model continues, from the messages to render. */
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
