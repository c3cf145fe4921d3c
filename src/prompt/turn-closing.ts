import type { Conversation, Part, Turn } from '../core/conversation.ts';
import type { PromptStretch } from './control-tokens.ts';
import { answered, called, PROBE_TOOL, said, taking, told } from './probe.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate } from './render.ts';

/** How a template closes an answer: what it writes between its last word and the end of the turn. */
export interface Seams {
  /** Behind text; undefined where no control token ends the turn. */
  readonly text: string | undefined;
  /** Behind the last value of a call; undefined likewise. */
  readonly call: string | undefined;
  /** System prompt or tools are written anew with what the user says last. */
  readonly repeats: boolean;
}

/** A prompt behind its mark. */
export interface MarkedEnd {
  /** Up to the control token that ends the marked turn. */
  readonly closing: string;
  /** From that token on. */
  readonly rest: readonly PromptStretch[];
}

const MARK = 'PROBE-M';
const TALK = taking([said('U')], [said('M')], [said('N')]);
const CALL = { ...taking([said('U')], [called('M')], [answered('M', 'N')]), tools: [PROBE_TOOL] };

/** Finds out, once per model, where a template's answers end. `ends`: the tokens that end a turn. */
export function findSeams(template: ChatTemplate, ends: ReadonlySet<string>): Seams {
  const behindText = probe(template, TALK, anyEnd);
  const behindCall = probe(template, CALL, (text) => ends.has(text));
  const rich = { ...told(TALK, 'S'), tools: [PROBE_TOOL] };
  const again = textOf(probe(template, rich, anyEnd)?.rest ?? []);
  return {
    // Words between a text and the next control token would be somebody's.
    text: behindText?.closing.trim() === '' ? behindText.closing : undefined,
    call: behindCall?.closing,
    repeats: again.includes('PROBE-S') || again.includes(PROBE_TOOL.description),
  };
}

/** The turn with `mark` as its last word; undefined where it ends in neither text nor a call. */
export function markEnd({ role, parts }: Turn, mark: string): Turn | undefined {
  const last = parts.at(-1);
  if (last === undefined || role !== 'assistant') return undefined;
  const marked = markPart(last, mark);
  return marked && { role, parts: [...parts.slice(0, -1), marked] };
}

function markPart(part: Part, mark: string): Part | undefined {
  if (part.kind === 'text') return { ...part, text: mark };
  return part.kind === 'tool-call' ? { ...part, input: { mark } } : undefined;
}

/** What a prompt has behind its mark; undefined where the mark is not there exactly once. */
export function cutBehind(
  stretches: readonly PromptStretch[],
  mark: string,
  isEnd: (controlText: string) => boolean,
): MarkedEnd | undefined {
  const marked = stretches.filter(({ text }) => text.includes(mark));
  const [only] = marked;
  const [, behind, ...more] = only?.text.split(mark) ?? [];
  if (only === undefined || behind === undefined || marked.length + more.length > 1)
    return undefined;
  const start = stretches.indexOf(only) + 1;
  const end = stretches.findIndex(
    ({ text, control }, index) => index >= start && control && isEnd(text),
  );
  if (end === -1) return undefined;
  return { closing: behind + textOf(stretches.slice(start, end)), rest: stretches.slice(end) };
}

/** Behind text any control token ends the turn. */
export function anyEnd(): boolean {
  return true;
}

function probe(
  template: ChatTemplate,
  conversation: Conversation,
  isEnd: (text: string) => boolean,
): MarkedEnd | undefined {
  const thinking = { mode: 'disabled' } as const;
  const toolChoice = { mode: 'auto', parallel: true } as const;
  try {
    const { stretches } = renderPrompt(template, { conversation, toolChoice, thinking });
    const end = cutBehind(stretches, MARK, isEnd);
    return textOf(end?.rest ?? []).includes('PROBE-N') ? end : undefined;
  } catch {
    // A template that refuses so short a talk tells nothing of its turns.
    return undefined;
  }
}

function textOf(stretches: readonly PromptStretch[]): string {
  return stretches.map(({ text }) => text).join('');
}
