import type { ChatFormat } from '../formats/format.ts';
import { TALK } from './probe.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate, Prompt } from './render.ts';

/**
 * Control tokens that a template writes between an answer and the next user message. A model that generates
 * one has ended its turn, even if its file does not list that token as an end of generation: the text after
 * it would belong to another role.
 */
export function turnEnds(template: ChatTemplate): ReadonlySet<string> {
  // Families without tagged text use the same tokens inside their answers.
  if (template.format.readOutput !== undefined) return new Set();
  const stretches = renderTalk(template);
  const answer = stretches.findIndex(({ text }) => text.includes('PROBE-A'));
  const next = stretches.findIndex(({ text }) => text.includes('PROBE-N'));
  const between = stretches
    .slice(answer + 1, next)
    .flatMap(({ text, control }) => (control ? [text] : []));
  const own = formatTags(template.format).join('\n');
  // If the same token also begins a call, only the text after it shows which of the two it is.
  if (own.includes(between[0] ?? '')) return new Set();
  return new Set(between.filter((text) => !own.includes(text)));
}

/** Rendered sample conversation; empty if the template refuses such a short one. */
function renderTalk(template: ChatTemplate): Prompt['stretches'] {
  try {
    const thinking = { mode: 'disabled' } as const;
    const toolChoice = { mode: 'none' } as const;
    return renderPrompt(template, { conversation: TALK, toolChoice, thinking }).stretches;
  } catch {
    return [];
  }
}

/** Texts that delimit the blocks of a family's output. */
export function formatTags({ thinking, answer, tools }: ChatFormat): readonly string[] {
  const tags = [thinking?.open, thinking?.close, answer?.open, answer?.close];
  return [...tags, ...(tools?.triggers ?? [])].flatMap((tag) => (tag ? [tag] : []));
}
