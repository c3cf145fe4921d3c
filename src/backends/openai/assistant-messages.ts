import { templateCallId } from '../../prompt/call-ids.ts';
import type { NamedCall } from '../../prompt/call-ids.ts';
import { writeParts } from '../../prompt/text.ts';
import type { Part } from '../../core/conversation.ts';
import type { ArrangementStyle } from './arrangement.ts';
import type { ChatCall, ChatMessage } from './chat-message.ts';

/** Form of the messages that a server accepts. */
export interface MessageStyle extends ArrangementStyle {
  /** Earlier thinking is sent too. */
  readonly thinking: boolean;
  /** Ids of calls have nine letters and digits, as Mistral's templates require. */
  readonly shortIds: boolean;
  /** Each turn is one message: text after calls moves before them. */
  readonly wholeTurns: boolean;
  /** A message with text and calls has no thinking. */
  readonly bareCalls: boolean;
}

/** Calls of a conversation by their ids. */
export type NamedCalls = ReadonlyMap<string, NamedCall>;

/**
 * Converts an earlier answer. Text after calls begins a new message, which keeps the order, unless the server
 * requires one message per turn.
 */
export function chatAssistantMessages(
  parts: readonly Part[],
  named: NamedCalls,
  style: MessageStyle,
): readonly ChatMessage[] {
  const groups: Part[][] = [[]];
  for (const part of parts) {
    const called = groups.at(-1)?.some(({ kind }) => kind === 'tool-call') === true;
    if (!style.wholeTurns && called && part.kind !== 'tool-call') groups.push([part]);
    else groups.at(-1)?.push(part);
  }
  return groups.flatMap((group) => assistantMessage(group, named, style));
}

function assistantMessage(
  parts: readonly Part[],
  named: NamedCalls,
  style: MessageStyle,
): readonly ChatMessage[] {
  const calls = parts.flatMap((part): ChatCall[] =>
    part.kind === 'tool-call'
      ? [
          {
            id: callId(part.id, named.get(part.id), style),
            type: 'function',
            function: { name: part.name, arguments: JSON.stringify(part.input) },
          },
        ]
      : [],
  );
  // The model's own text is joined unchanged.
  const text = writeParts(
    parts.filter(({ kind }) => kind !== 'tool-call'),
    '',
  );
  const thoughts = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
  const isBare = style.bareCalls && calls.length > 0 && text !== '';
  const thinking = style.thinking && !isBare ? thoughts.join('\n\n') : '';
  // An empty message would be rendered, and an empty last one would be continued.
  if (calls.length === 0 && text === '' && thinking === '') return [];
  return [
    {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(thinking !== '' && { reasoning_content: thinking, reasoning: thinking }),
    },
  ];
}

/** Id of a call in the server's form. It has to be stable, because it is part of the prefix. */
export function callId(
  id: string,
  call: NamedCall | undefined,
  { shortIds }: MessageStyle,
): string {
  return templateCallId(id, call, shortIds ? 'short' : 'kept');
}
