import type { ThinkingMode } from '../core/backend.ts';
import type { Part } from '../core/conversation.ts';
import { assistantText, thinkingOf } from './assistant.ts';
import type { ChatFormat, ThinkingTags } from '../formats/format.ts';
import type { TemplateTraits } from './template-traits.ts';

/** What an answer begins with that the model goes on with. */
export interface Prefill {
  readonly thinking: string;
  readonly text: string;
}

/** What stands behind the rendered conversation. */
export interface PromptEnd {
  readonly text: string;
  /** It ends inside of the model's thinking. */
  readonly thinkingOpen: boolean;
}

/** The beginning of an answer as the client gave it. */
export function prefillOf(parts: readonly Part[]): Prefill {
  return { thinking: thinkingOf(parts), text: assistantText(parts) };
}

/**
 * What the rendered prompt lacks at its end: a tag that the template always opens is closed where nothing
 * is to be thought, and one is opened where thinking is wanted for certain; then the answer's beginning.
 *
 * @param rendered the conversation with the template's own generation prompt
 * @param prefill with what others wrote protected
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

/** The thinking in front of text that a prompt begins. */
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

/** Tags like `<think>` stand on lines of their own. */
function lineBreaks({ open }: ThinkingTags, count: number): string {
  return /^<[\w:]+>$/.test(open) ? '\n'.repeat(count) : '';
}
