import type { Message } from 'ollama';
import { writeParts } from '../../chat/text.ts';
import type { Conversation, Part, Turn } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/errors.ts';

/**
 * A conversation as /api/chat takes it: every turn one message, in its place. A last assistant
 * message is what Ollama continues.
 *
 * @param model the name that a failure tells
 * @throws RuntimeFailure `unsupported` for a part that has no honest text, such as an image
 */
export function toMessages(conversation: Conversation, model: string): Message[] {
  try {
    const system = writeParts(conversation.system);
    const leading: Message[] = system === '' ? [] : [{ role: 'system', content: system }];
    const said = conversation.turns.map(toMessage);
    return [...leading, ...said.filter(saysSomething)];
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    throw new RuntimeFailure(error.code, `${model}: ${error.message}`, { cause: error });
  }
}

function toMessage(turn: Turn): Message {
  switch (turn.role) {
    case 'system':
    case 'user':
      return { role: turn.role, content: writeParts(turn.parts) };
    case 'assistant':
      return toAssistantMessage(turn.parts);
    default:
      return turn.role satisfies never;
  }
}

function toAssistantMessage(parts: readonly Part[]): Message {
  const thinking = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
  return {
    role: 'assistant',
    content: writeAnswer(parts),
    ...(thinking.length > 0 && { thinking: thinking.join('\n\n') }),
  };
}

/** An empty message would still be rendered, and an empty last one would be continued. */
function saysSomething({ content, thinking }: Message): boolean {
  return content !== '' || thinking !== undefined;
}

/** Its own words are joined as it wrote them; what stands for a call or a result is set apart. */
function writeAnswer(parts: readonly Part[]): string {
  const paragraphs: string[] = [];
  let words = '';
  for (const part of parts) {
    if (part.kind === 'text') words += part.text;
    else {
      paragraphs.push(words, writeParts([part]));
      words = '';
    }
  }
  return [...paragraphs, words].filter((paragraph) => paragraph !== '').join('\n\n');
}
