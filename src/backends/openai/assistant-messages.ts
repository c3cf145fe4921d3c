import { templateCallId } from '../../chat/call-ids.ts';
import type { NamedCall } from '../../chat/call-ids.ts';
import { writeParts } from '../../chat/text.ts';
import type { Part } from '../../core/conversation.ts';
import type { ChatCall, ChatMessage } from './chat-message.ts';

/** How a server wants its messages. */
export interface MessageStyle {
  /** Thinking of the past is sent along. */
  readonly thinking: boolean;
  /** Ids of calls have nine letters and digits, as Mistral's templates want. */
  readonly shortIds: boolean;
  /** System messages behind the first are the user's, where a template has no place for them. */
  readonly systemFirst: boolean;
}

/** The calls of a conversation by their ids. */
export type NamedCalls = ReadonlyMap<string, NamedCall>;

/** One answer of the past; what it said after calls starts a message of its own, so that the order stays. */
export function assistantMessages(
  parts: readonly Part[],
  named: NamedCalls,
  style: MessageStyle,
): readonly ChatMessage[] {
  const groups: Part[][] = [[]];
  for (const part of parts) {
    const called = groups.at(-1)?.some(({ kind }) => kind === 'tool-call') === true;
    if (called && part.kind !== 'tool-call') groups.push([part]);
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
  const thinking = style.thinking ? thoughts.join('\n\n') : '';
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
