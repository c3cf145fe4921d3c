import { callsById, inCallOrder } from '../../prompt/call-ids.ts';
import { writeParts, writeToolOutput } from '../../prompt/text.ts';
import type { Conversation, ImagePart, Part, Turn } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { Steps } from '../../core/steps.ts';
import { arrange, joined } from './arrangement.ts';
import { chatAssistantMessages, callId } from './assistant-messages.ts';
import type { MessageStyle, NamedCalls } from './assistant-messages.ts';
import type { ChatMessage, ContentPart } from './chat-message.ts';
import { append } from '../../core/lists.ts';

/**
 * Converts a conversation to messages of chat completions, in their order.
 *
 * @throws {RuntimeFailure} `unsupported` for a part that can't be written as text, such as a binary document
 */
export function* toMessages(
  conversation: Conversation,
  style: MessageStyle,
): Steps<readonly ChatMessage[]> {
  const named = callsById(conversation.turns);
  const system = writeParts(conversation.system);
  const messages: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  for (const turn of conversation.turns) {
    append(messages, turnMessages(turn, named, style));
    yield;
  }
  return arrange(messages, style);
}

function turnMessages(turn: Turn, named: NamedCalls, style: MessageStyle): readonly ChatMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: writeParts(turn.parts) }];
    case 'user':
      return userMessages(turn.parts, named, style);
    case 'assistant':
      return chatAssistantMessages(turn.parts, named, style);
    default:
      return turn.role satisfies never;
  }
}

/**
 * Converts a user turn. Results come first, in the order of their calls. Their images follow, because the
 * content of a result is text.
 */
function userMessages(
  parts: readonly Part[],
  named: NamedCalls,
  style: MessageStyle,
): readonly ChatMessage[] {
  const pictures: ContentPart[] = [];
  const given = parts.filter((part) => part.kind === 'tool-result');
  const results = inCallOrder(given, named).map((part): ChatMessage => {
    const images = part.output.filter((piece) => piece.kind === 'image');
    const texts = part.output.filter((piece) => piece.kind !== 'image');
    const call = named.get(part.callId);
    if (images.length > 0) {
      pictures.push({ type: 'text', text: `The picture that ${call?.name ?? 'the tool'} gave:` });
      append(pictures, images.map(imagePart));
    }
    const content = writeToolOutput(texts, part.isError);
    return { role: 'tool', tool_call_id: callId(part.callId, call, style), content };
  });
  const said = [...pictures, ...contentParts(parts.filter((part) => part.kind !== 'tool-result'))];
  return said.length === 0 ? results : [...results, { role: 'user', content: joined(said) }];
}

function contentParts(parts: readonly Part[]): readonly ContentPart[] {
  return parts.flatMap((part): ContentPart[] => {
    if (part.kind === 'image') return [imagePart(part)];
    const text = writeParts([part]);
    return text === '' ? [] : [{ type: 'text', text }];
  });
}

function imagePart({ source }: ImagePart): ContentPart {
  if (source.kind !== 'base64') {
    throw new RuntimeFailure(
      'unsupported',
      `images by ${source.kind} are not passed on to another server; send them as base64`,
      { subject: 'messages' },
    );
  }
  return {
    type: 'image_url',
    image_url: { url: `data:${source.mediaType};base64,${source.data}` },
  };
}
