import type { ThinkingMode } from '../core/backend.ts';
import type { Part } from '../core/conversation.ts';
import { assistantText, thinkingOf } from './assistant.ts';
import type { ChatFormat, ThinkingTags } from '../formats/format.ts';
import type { TemplateTraits } from './template-traits.ts';

/** Beginning of an answer that the model continues. */
export interface Prefill {
  readonly thinking: string;
  readonly text: string;
}

/** Text after the rendered conversation. */
export interface PromptEnd {
  readonly text: string;
  /** The text ends inside the model's thinking. */
  readonly thinkingOpen: boolean;
}

/** Prefill from the parts of a last assistant turn. */
export function prefillOf(parts: readonly Part[]): Prefill {
  return { thinking: thinkingOf(parts), text: assistantText(parts) };
}

/**
 * Text to append to the rendered prompt. It closes a thinking tag that the template always opens if
 * thinking is disabled, and opens one if thinking is required. The prefill comes last.
 *
 * @param rendered conversation with the template's own generation prompt
 * @param prefill texts that are already protected by placeholders
 */
export function promptEnd(
  format: ChatFormat,
  traits: TemplateTraits,
  rendered: string,
  thinking: ThinkingMode,
  prefill: Prefill,
): PromptEnd {
  const tags = traits.thinking === 'none' ? undefined : format.thinking;
  const opened = tags !== undefined && rendered.trimEnd().endsWith(tags.open);
  if (prefill.text === '' && prefill.thinking === '') {
    return tags === undefined
      ? { text: '', thinkingOpen: false }
      : switchThinking(tags, traits, opened, thinking);
  }
  const thought = tags === undefined ? '' : thoughtBefore(tags, traits, opened, prefill.thinking);
  const opening = format.answer?.always === true ? format.answer.open : '';
  return { text: thought + opening + prefill.text, thinkingOpen: false };
}

function switchThinking(
  tags: ThinkingTags,
  traits: TemplateTraits,
  opened: boolean,
  { mode }: ThinkingMode,
): PromptEnd {
  if (mode === 'disabled') {
    return { text: noThinking(tags, traits, opened), thinkingOpen: false };
  }
  const opens = !opened && mode === 'enabled' && traits.thinking === 'switchable';
  return { text: opens ? tags.open + lineBreaks(tags, 1) : '', thinkingOpen: opened || opens };
}

/** Thinking block before a prefilled text. */
function thoughtBefore(
  tags: ThinkingTags,
  traits: TemplateTraits,
  opened: boolean,
  thinking: string,
): string {
  if (thinking === '') return noThinking(tags, traits, opened);
  const open = opened ? '' : tags.open + lineBreaks(tags, 1);
  return open + thinking + lineBreaks(tags, 1) + tags.close + lineBreaks(tags, 2);
}

function noThinking(tags: ThinkingTags, traits: TemplateTraits, opened: boolean): string {
  const close = lineBreaks(tags, 1) + tags.close + lineBreaks(tags, 2);
  if (opened) return close;
  return traits.emptyThinking ? tags.open + close : '';
}

/** Line breaks around a tag. Tags such as `<think>` are on lines of their own. */
function lineBreaks({ open }: ThinkingTags, count: number): string {
  return /^<[\w:]+>$/.test(open) ? '\n'.repeat(count) : '';
}
