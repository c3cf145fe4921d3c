import type { ThinkingMode } from '../core/backend.ts';
import type { Conversation, ToolChoice } from '../core/conversation.ts';
import type { GenerationRequest } from '../core/backend.ts';
import type { ChatFormat } from './format.ts';
import { Placeholders } from './control-tokens.ts';
import type { ControlTokens, PromptStretch } from './control-tokens.ts';
import { assistantText } from './assistant.ts';
import { templateMessages, templateTools } from './messages.ts';
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
  const thinks = wantsThinking(request.thinking) && prefill === '';
  const placeholders = new Placeholders(template.control);
  const tools = callableTools(conversation, request.toolChoice);
  const rendered = template.render({
    messages: placeholders.protect(templateMessages(conversation, template.traits)),
    ...(tools.length > 0 && toolVariables(placeholders.protect(templateTools(tools)))),
    ...templateVariables(
      { ...request, thinking: thinks ? request.thinking : DISABLED },
      template.traits,
    ),
    add_generation_prompt: true,
    bos_token: template.bos,
    eos_token: template.eos,
  });
  const ending = thinkingEnd(template, rendered, prefill === '' ? request.thinking : DISABLED);
  const answer = prefill !== '' && template.format.answer?.always === true;
  const opening = answer ? (template.format.answer?.open ?? '') : '';
  const stretches = placeholders.restore(
    rendered + ending.text + opening + placeholders.protectText(prefill),
  );
  return { stretches, thinkingOpen: ending.open, continuesText: prefill !== '' };
}

/** Firefunction's template takes its tools as JSON, and needs some. */
function toolVariables(tools: unknown) {
  return { tools, functions: JSON.stringify(tools) };
}

const DISABLED: ThinkingMode = { mode: 'disabled' };

/**
 * What the rendered prompt still lacks at its end: a tag that the template always opens is closed where
 * nothing is to be thought, and one is opened where thinking is wanted for certain.
 */
function thinkingEnd(
  { format, traits }: ChatTemplate,
  rendered: string,
  thinking: ThinkingMode,
): { readonly text: string; readonly open: boolean } {
  const tags = format.thinking;
  if (tags === undefined) return { text: '', open: false };
  const opened = rendered.trimEnd().endsWith(tags.open);
  if (opened && !wantsThinking(thinking)) return { text: `\n${tags.close}\n\n`, open: false };
  const opens = !opened && thinking.mode === 'enabled' && traits.thinking === 'switchable';
  return { text: opens ? `${tags.open}\n` : '', open: opened || opens };
}

/** The tools that are rendered as callable. */
export function callableTools(
  conversation: Conversation,
  choice: ToolChoice,
): Conversation['tools'] {
  return choice.mode === 'none' ? [] : conversation.tools;
}

function wantsThinking(thinking: ThinkingMode): boolean {
  return thinking.mode !== 'disabled';
}

/** A last assistant turn is no message of its own: the model goes on where it ends. */
function splitPrefill(conversation: Conversation): {
  readonly conversation: Conversation;
  readonly prefill: string;
} {
  const last = conversation.turns.at(-1);
  if (last?.role !== 'assistant') return { conversation, prefill: '' };
  return {
    conversation: { ...conversation, turns: conversation.turns.slice(0, -1) },
    prefill: assistantText(last.parts),
  };
}
