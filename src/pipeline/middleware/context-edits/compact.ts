import type { GenerationRequest } from '../../../core/backend.ts';
import type { Compact } from '../../../core/context-edits.ts';
import type { Conversation, Turn } from '../../../core/conversation.ts';
import type { GenerationEvent, Usage } from '../../../core/events.ts';
import { TextBuilder } from '../../../core/text-builder.ts';

/** Default trigger of the API, in tokens. */
const DEFAULT_TRIGGER = 150_000;
/** Part of a smaller context that the prompt may fill instead. */
const TRIGGER_SHARE = 0.75;
/** Most tokens of a summary, and the part of the context that it may fill. */
const SUMMARY_TOKENS = 4096;
const SUMMARY_SHARE = 0.125;
/** Longest last message of the user that is repeated after the summary, in characters. */
const MOST_REPEATED = 4000;

const INSTRUCTIONS =
  'Summarize this conversation, so that the work can continue from the summary alone. Name the task, ' +
  'the decisions, the results so far with names, paths and figures, and the next step. Write only the summary.';

/** Size of the prompt, in tokens, above which it is replaced by a summary. */
export function compactionTrigger({ trigger }: Compact, contextTokens: number): number {
  return trigger ?? Math.min(DEFAULT_TRIGGER, Math.floor(contextTokens * TRIGGER_SHARE));
}

/**
 * Request for a summary. It continues the prompt, so that the evaluated prompt is reused. So tools stay in the prompt,
 * and the model may call one instead.
 */
export function summaryRequest(
  request: GenerationRequest,
  { instructions = INSTRUCTIONS }: Compact,
  contextTokens: number,
): GenerationRequest {
  const { outputSchema: _free, ...plain } = request;
  const { conversation } = plain;
  const last = conversation.turns.at(-1);
  const asked = { kind: 'text', text: instructions } as const;
  const turns: readonly Turn[] =
    last?.role === 'user'
      ? [...conversation.turns.slice(0, -1), { role: 'user', parts: [...last.parts, asked] }]
      : [...conversation.turns, { role: 'user', parts: [asked] }];
  const mayCall = conversation.tools.length > 0 && plain.toolChoice.mode !== 'none';
  return {
    ...plain,
    conversation: { ...conversation, turns },
    toolChoice: mayCall ? { mode: 'auto', parallel: false } : { mode: 'none' },
    thinking: { mode: 'disabled' },
    stopSequences: [],
    maxTokens: Math.max(1, Math.min(SUMMARY_TOKENS, Math.floor(contextTokens * SUMMARY_SHARE))),
  };
}

/** Summary that the model wrote; undefined if it wrote nothing. */
export interface Summary {
  readonly text: string | undefined;
  readonly usage: Usage | undefined;
}

/** Reads a summary up to a call. Passes on the events that are no output. */
export async function* readSummary(
  events: AsyncIterable<GenerationEvent>,
): AsyncGenerator<GenerationEvent, Summary> {
  const text = new TextBuilder();
  let usage: Usage | undefined;
  for await (const event of events) {
    if (event.type === 'admitted' || event.type === 'progress') yield event;
    else if (event.type === 'text-delta' || event.type === 'cited-text') text.append(event.text);
    else if (event.type === 'tool-call-start' || event.type === 'server-tool-call') break;
    else if (event.type === 'finish') usage = event.usage;
  }
  return { text: text.toString().trim() || undefined, usage };
}

/** The summary with the user's last message, which the model has not answered yet. */
export function withLastMessage(summary: string, { turns }: Conversation): string {
  const last = turns.findLast(({ role }) => role === 'user');
  const texts = last?.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : [])) ?? [];
  const message = texts.join('\n\n').trim();
  if (message === '') return summary;
  const repeated =
    message.length > MOST_REPEATED ? `${message.slice(0, MOST_REPEATED).toWellFormed()}…` : message;
  return `${summary}\n\nThe user's last message: ${repeated}`;
}

/** Conversation that continues from a summary. The start of an answer stays. */
export function compacted(conversation: Conversation, text: string): Conversation {
  const last = conversation.turns.at(-1);
  const started = last?.role === 'assistant' ? [last] : [];
  return {
    ...conversation,
    turns: [{ role: 'user', parts: [{ kind: 'compaction', text }] }, ...started],
  };
}
