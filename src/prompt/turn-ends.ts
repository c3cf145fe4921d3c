import type { ChatFormat } from '../formats/format.ts';
import { said, taking } from './probe.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate, Prompt } from './render.ts';

const TALK = taking([said('U')], [said('A')], [said('N')]);

/**
 * The control tokens that a template writes between an answer and what the user says next. A model that
 * generates one has ended its turn, whether or not its file counts that token as an end: what follows
 * would be another role's words.
 */
export function turnEnds(template: ChatTemplate): ReadonlySet<string> {
  // Families that write no tagged text use the same tokens within their answers.
  if (template.format.readOutput !== undefined) return new Set();
  const stretches = renderTalk(template);
  const answer = stretches.findIndex(({ text }) => text.includes('PROBE-A'));
  const next = stretches.findIndex(({ text }) => text.includes('PROBE-N'));
  const between = stretches
    .slice(answer + 1, next)
    .flatMap(({ text, control }) => (control ? [text] : []));
  const own = formatTags(template.format).join('\n');
  // Where the token that ends a turn begins a call too, only what follows tells which it is.
  if (own.includes(between[0] ?? '')) return new Set();
  return new Set(between.filter((text) => !own.includes(text)));
}

/** A template that refuses so short a talk tells nothing of its turns. */
function renderTalk(template: ChatTemplate): Prompt['stretches'] {
  try {
    const thinking = { mode: 'disabled' } as const;
    const toolChoice = { mode: 'none' } as const;
    return renderPrompt(template, { conversation: TALK, toolChoice, thinking }).stretches;
  } catch {
    return [];
  }
}

/** The texts by which a family tells blocks apart. */
export function formatTags({ thinking, answer, tools }: ChatFormat): readonly string[] {
  const tags = [thinking?.open, thinking?.close, answer?.open, answer?.close];
  return [...tags, ...(tools?.triggers ?? [])].flatMap((tag) => (tag ? [tag] : []));
}
