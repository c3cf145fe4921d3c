import { callsById } from '../../chat/call-ids.ts';
import type { NamedCall } from '../../chat/call-ids.ts';
import { writeParts, writeToolOutput } from '../../chat/text.ts';
import type { Conversation, Part, Turn } from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/errors.ts';
import type { OllamaMessage } from './protocol.ts';

/** Whom a conversation is written for. */
export interface Reader {
  /** The name that a failure tells. */
  readonly model: string;
  /** Its template has a place for calls and results; else they are written as text. */
  readonly tools: boolean;
}

type Named = ReadonlyMap<string, NamedCall>;

/**
 * A conversation as /api/chat takes it: every turn in its place. A last assistant message is what
 * Ollama continues.
 *
 * @throws RuntimeFailure `unsupported` for a part that has no honest text, such as an image
 */
export function toMessages(conversation: Conversation, reader: Reader): OllamaMessage[] {
  try {
    const system = writeParts(conversation.system);
    const leading: OllamaMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
    const named = reader.tools ? callsById(conversation.turns) : undefined;
    const said = conversation.turns.flatMap((turn) => turnMessages(turn, named));
    return [...leading, ...said.filter(saysSomething)];
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    throw new RuntimeFailure(error.code, `${reader.model}: ${error.message}`, { cause: error });
  }
}

function turnMessages(turn: Turn, named: Named | undefined): OllamaMessage[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: writeParts(turn.parts) }];
    case 'user':
      return userMessages(turn.parts, named);
    case 'assistant':
      return [assistantMessage(turn.parts, named !== undefined)];
    default:
      return turn.role satisfies never;
  }
}

/** Results come first, right behind the calls. */
function userMessages(parts: readonly Part[], named: Named | undefined): OllamaMessage[] {
  if (named === undefined) return [{ role: 'user', content: writeParts(parts) }];
  const results = parts.flatMap((part): OllamaMessage[] => {
    if (part.kind !== 'tool-result') return [];
    const name = named.get(part.callId)?.name;
    const content = writeToolOutput(part.output, part.isError);
    return [
      {
        role: 'tool',
        content,
        ...(name !== undefined && { tool_name: name }),
        tool_call_id: part.callId,
      },
    ];
  });
  const said = writeParts(parts.filter(({ kind }) => kind !== 'tool-result'));
  return [...results, { role: 'user', content: said }];
}

/** One message a turn, even where it went on behind its calls: Ollama merges two, and loses calls. */
function assistantMessage(parts: readonly Part[], tools: boolean): OllamaMessage {
  const thinking = parts.flatMap((part) => (part.kind === 'thinking' ? [part.text] : []));
  const calls = parts.flatMap((part) =>
    tools && part.kind === 'tool-call'
      ? [{ id: part.id, function: { name: part.name, arguments: part.input } }]
      : [],
  );
  return {
    role: 'assistant',
    content: writeAnswer(tools ? parts.filter(({ kind }) => kind !== 'tool-call') : parts),
    ...(thinking.length > 0 && { thinking: thinking.join('\n\n') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** An empty message would still be rendered, and an empty last one would be continued. */
function saysSomething({ role, content, thinking, tool_calls: calls }: OllamaMessage): boolean {
  return role === 'tool' || content !== '' || thinking !== undefined || calls !== undefined;
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
