import type { Conversation, Part, Turn } from '../core/conversation.ts';
import type { PromptStretch } from './control-tokens.ts';
import { answered, called, PROBE_TOOL, said, taking, withSystem } from './probe.ts';
import { renderPrompt } from './render.ts';
import type { ChatTemplate } from './render.ts';

/** Text that a template writes between an answer's last character and the token that ends the turn. */
export interface TurnClosings {
  /** Closing after text; undefined if no control token ends the turn. */
  readonly text: string | undefined;
  /** Closing after the last argument of a call; undefined if no control token ends the turn. */
  readonly call: string | undefined;
  /** The template repeats the system prompt or the tools in the last user message. */
  readonly repeats: boolean;
}

/** Rest of a prompt after a marker. */
export interface MarkedEnd {
  /** Text up to the control token that ends the marked turn. */
  readonly closing: string;
  /** Stretches from that token on. */
  readonly rest: readonly PromptStretch[];
}

const MARK = 'PROBE-M';
const TALK = taking([said('U')], [said('M')], [said('N')]);
const CALL = { ...taking([said('U')], [called('M')], [answered('M', 'N')]), tools: [PROBE_TOOL] };

/**
 * Detects the turn closing of a template. Runs once per model.
 *
 * @param ends tokens that end a turn
 */
export function findTurnClosings(template: ChatTemplate, ends: ReadonlySet<string>): TurnClosings {
  const afterText = probe(template, TALK, anyEnd);
  const afterCall = probe(template, CALL, (text) => ends.has(text));
  const rich = { ...withSystem(TALK, 'S'), tools: [PROBE_TOOL] };
  const again = textOf(probe(template, rich, anyEnd)?.rest ?? []);
  return {
    // Non-whitespace here is message content, so the template has no fixed closing.
    text: afterText?.closing.trim() === '' ? afterText.closing : undefined,
    call: afterCall?.closing,
    repeats: again.includes('PROBE-S') || again.includes(PROBE_TOOL.description),
  };
}

/** Turn with its last part replaced by `mark`; undefined if that part is neither text nor a call. */
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

/** Rest of a prompt after a marker; undefined unless the prompt contains the marker exactly once. */
export function cutAfter(
  stretches: readonly PromptStretch[],
  mark: string,
  isEnd: (controlText: string) => boolean,
): MarkedEnd | undefined {
  const marked = stretches.filter(({ text }) => text.includes(mark));
  const [only] = marked;
  const [, closing, ...more] = only?.text.split(mark) ?? [];
  if (only === undefined || closing === undefined || marked.length + more.length > 1)
    return undefined;
  const start = stretches.indexOf(only) + 1;
  const end = stretches.findIndex(
    ({ text, control }, index) => index >= start && control && isEnd(text),
  );
  if (end === -1) return undefined;
  return { closing: closing + textOf(stretches.slice(start, end)), rest: stretches.slice(end) };
}

/** Accepts any control token: after text, each one ends the turn. */
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
    const end = cutAfter(stretches, MARK, isEnd);
    return textOf(end?.rest ?? []).includes('PROBE-N') ? end : undefined;
  } catch {
    // A template that refuses this short conversation does not reveal its turn closing.
    return undefined;
  }
}

function textOf(stretches: readonly PromptStretch[]): string {
  return stretches.map(({ text }) => text).join('');
}
