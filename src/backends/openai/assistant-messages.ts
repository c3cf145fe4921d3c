import { templateCallId } from '../../prompt/call-ids.ts';
import type { NamedCall } from '../../prompt/call-ids.ts';
import { writeParts } from '../../prompt/text.ts';
import type { Part } from '../../core/conversation.ts';
import type { ArrangementStyle } from './arrangement.ts';
import type { ChatCall, ChatMessage } from './chat-message.ts';

/** How a server wants its messages. */
export interface MessageStyle extends ArrangementStyle {
  /** Thinking of the past is sent along. */
  readonly thinking: boolean;
  /** Ids of calls have nine letters and digits, as Mistral's templates want. */
  readonly shortIds: boolean;
  /** Each turn is one message: text after calls moves before them. */
  readonly wholeTurns: boolean;
  /** A message has no thinking beside both text and calls. */
  readonly bareCalls: boolean;
}

/** The calls of a conversation by their ids. */
export type NamedCalls = ReadonlyMap<string, NamedCall>;

/**
 * One answer of the past. Text after calls starts a message of its own, which keeps the order, unless
 * the server wants whole turns.
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
  // Its own words are joined as it wrote them.
  const text = writeParts(
    parts.filter(({ kind }) => kind !== 'tool-call'),
    '',
  );
  const thoughts = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
  const isBare = style.bareCalls && calls.length > 0 && text !== '';
  const thinking = style.thinking && !isBare ? thoughts.join('\n\n') : '';
  // An empty message would still be rendered, and an empty last one would be continued.
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

/** The id of a call as the server wants it; the same one each time, since it is part of the prefix. */
export function callId(
  id: string,
  call: NamedCall | undefined,
  { shortIds }: MessageStyle,
): string {
  return templateCallId(id, call, shortIds ? 'short' : 'kept');
}
