import type { ChatMessage, ContentPart } from './chat-message.ts';

/** Order of a conversation's messages for a chat template that refuses the usual order. */
export interface ArrangementStyle {
  /** System messages after the first become user messages, for a template without them. */
  readonly systemFirst: boolean;
  /** The system prompt also becomes the start of the first user message. */
  readonly systemInUser: boolean;
  /** User text after tool results becomes part of the last result. */
  readonly foldedResults: boolean;
  /** Each message has one call, followed by its result. */
  readonly singleCalls: boolean;
}

/** Message between a result and an image, which can't become part of the result's text. */
const SEEN: ChatMessage = { role: 'assistant', content: 'I have the result.' };

/** Arranges messages in an order that the template accepts. */
export function arrange(
  messages: readonly ChatMessage[],
  { systemFirst, systemInUser, foldedResults, singleCalls }: ArrangementStyle,
): readonly ChatMessage[] {
  let arranged = messages;
  if (systemInUser || systemFirst) {
    const users = arranged.map((message, index) => asUser(message, index, systemInUser));
    arranged = mergeUsers(users);
  }
  if (foldedResults) arranged = foldResults(arranged);
  return singleCalls ? splitCalls(arranged) : arranged;
}

/** Joins parts of text into one string, because not every template accepts parts. */
export function joined(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.length === parts.length ? texts.join('\n\n') : parts;
}

/**
 * Converts a system message to a user message at the SAME position. Moved to the front, it would change the
 * prefix of every later turn.
 */
function asUser(message: ChatMessage, index: number, leadingToo: boolean): ChatMessage {
  if (message.role !== 'system') return message;
  if (index === 0) return leadingToo ? { role: 'user', content: message.content } : message;
  return { role: 'user', content: `<system-reminder>\n${message.content}\n</system-reminder>` };
}

function mergeUsers(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role === 'user' && message.role === 'user') {
      const content = joined([...partsOf(last.content), ...partsOf(message.content)]);
      merged[merged.length - 1] = { role: 'user', content };
    } else merged.push(message);
  }
  return merged;
}

function partsOf(content: string | readonly ContentPart[]): readonly ContentPart[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function foldResults(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const folded: ChatMessage[] = [];
  for (const message of messages) {
    const last = folded.at(-1);
    if (last?.role !== 'tool' || message.role !== 'user') folded.push(message);
    else if (typeof message.content === 'string') {
      const content = `${last.content}\n\n${message.content}`;
      folded[folded.length - 1] = { ...last, content };
    } else folded.push(SEEN, message);
  }
  return folded;
}

function splitCalls(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  return messages.flatMap((message, index): readonly ChatMessage[] => {
    if (message.role === 'tool') return [];
    if (message.role !== 'assistant' || message.tool_calls === undefined) return [message];
    const results = resultsAfter(messages, index);
    return message.tool_calls.flatMap((call, position) => [
      position === 0
        ? { ...message, tool_calls: [call] }
        : { role: 'assistant' as const, content: null, tool_calls: [call] },
      ...results.filter(({ tool_call_id: id }) => id === call.id),
    ]);
  });
}

type ResultMessage = Extract<ChatMessage, { role: 'tool' }>;

function resultsAfter(messages: readonly ChatMessage[], index: number): readonly ResultMessage[] {
  const rest = messages.slice(index + 1);
  const end = rest.findIndex(({ role }) => role !== 'tool');
  const own = end === -1 ? rest : rest.slice(0, end);
  return own.filter((message) => message.role === 'tool');
}
