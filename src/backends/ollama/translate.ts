import { callsById, inCallOrder } from '../../prompt/call-ids.ts';
import type { NamedCall } from '../../prompt/call-ids.ts';
import { writeParts, writeToolOutput } from '../../prompt/text.ts';
import type {
  Conversation,
  ImagePart,
  Part,
  ToolResultPart,
  Turn,
} from '../../core/conversation.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import type { Steps } from '../../core/steps.ts';
import type { OllamaMessage } from './protocol.ts';

/** Model that a conversation is written for. */
export interface Reader {
  /** Name of the model in failures. */
  readonly model: string;
  /** True if its template renders calls and results; otherwise they are written as text. */
  readonly tools: boolean;
  /** True if it has vision, so that Ollama reads `[img-0]` in its prompt as an image. */
  readonly images: boolean;
}

type Named = ReadonlyMap<string, NamedCall>;

/**
 * Converts a conversation to messages of /api/chat, in their order. Ollama continues a last assistant message.
 *
 * @throws {RuntimeFailure} `unsupported` for a part that can't be written as text, such as a document in base64
 */
export function* toOllamaMessages(
  conversation: Conversation,
  reader: Reader,
): Steps<OllamaMessage[]> {
  try {
    const system = writeParts(conversation.system);
    const messages: OllamaMessage[] = [];
    const add = (message: OllamaMessage) =>
      messages.push(reader.images ? withoutTags(message) : message);
    if (system !== '') add({ role: 'system', content: system });
    const named = reader.tools ? callsById(conversation.turns) : undefined;
    for (const turn of conversation.turns) {
      turnMessages(turn, named).filter(saysSomething).forEach(add);
      yield;
    }
    return messages;
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
    throw new RuntimeFailure(error.code, `${reader.model}: ${error.message}`, { cause: error });
  }
}

/** Tags that Ollama replaces by images (chatPrompt in its server/prompt.go). */
const IMAGE_TAG = /\[img(|-\d+)\]/g;

/** Removes image tags from text. Ollama would insert another image there, or fail. */
function withoutTags(message: OllamaMessage): OllamaMessage {
  return { ...message, content: message.content.replaceAll(IMAGE_TAG, '[img $1]') };
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

/**
 * Converts a user turn. Results come first, in the order of their calls. Their images follow as messages of
 * the user, because most templates render no images in a result.
 */
function userMessages(parts: readonly Part[], named: Named | undefined): OllamaMessage[] {
  const results = named === undefined ? [] : inCallOrder(parts.filter(isResult), named);
  const said = named === undefined ? parts : parts.filter((part) => !isResult(part));
  return [
    ...results.map((result) => resultMessage(result, nameOf(result, named))),
    ...results.flatMap((result) => shownMessages(result, nameOf(result, named))),
    ...saidMessages(said),
  ];
}

function isResult(part: Part): part is ToolResultPart {
  return part.kind === 'tool-result';
}

function nameOf({ callId }: ToolResultPart, named: Named | undefined): string | undefined {
  return named?.get(callId)?.name;
}

function resultMessage(result: ToolResultPart, name: string | undefined): OllamaMessage {
  return {
    role: 'tool',
    content: writeToolOutput(withoutImages(result), result.isError),
    ...(name !== undefined && { tool_name: name }),
    tool_call_id: result.callId,
  };
}

function withoutImages({ output }: ToolResultPart): readonly Part[] {
  return output.filter(({ kind }) => kind !== 'image');
}

function shown({ output }: ToolResultPart): readonly ImagePart[] {
  return output.filter((part) => part.kind === 'image');
}

function shownMessages(result: ToolResultPart, name = 'the tool'): OllamaMessage[] {
  const images = shown(result).map(imageData);
  return images.length === 0
    ? []
    : [{ role: 'user', content: `The picture that ${name} gave.`, images }];
}

/**
 * Converts parts of the user. Ollama puts images before the text of a message, so an image after text begins
 * a new message.
 */
function saidMessages(parts: readonly Part[]): OllamaMessage[] {
  const messages: { images: string[]; texts: Part[] }[] = [];
  for (const part of parts.flatMap(unfold)) {
    const last = messages.at(-1);
    const isImage = part.kind === 'image';
    const open =
      last === undefined || (isImage && last.texts.length > 0) ? { images: [], texts: [] } : last;
    if (open !== last) messages.push(open);
    if (isImage) open.images.push(imageData(part));
    else open.texts.push(part);
  }
  return messages.map(({ images, texts }) => ({
    role: 'user',
    content: writeParts(texts),
    ...(images.length > 0 && { images }),
  }));
}

/** Separates the images of a result, so that they follow its text. */
function unfold(part: Part): readonly Part[] {
  return isResult(part) ? [{ ...part, output: withoutImages(part) }, ...shown(part)] : [part];
}

function imageData({ source }: ImagePart): string {
  if (source.kind === 'base64') return source.data;
  throw new RuntimeFailure(
    'unsupported',
    `images by ${source.kind} are not passed on to another server; send them as base64`,
    { subject: 'messages' },
  );
}

/** Converts an assistant turn to one message, even with text after calls: Ollama would merge two, and lose calls. */
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

/** Returns true for a message with content. An empty one would be rendered, and an empty last one continued. */
function saysSomething(message: OllamaMessage): boolean {
  const { role, content, images, thinking, tool_calls: calls } = message;
  const other = images ?? thinking ?? calls;
  return role === 'tool' || content !== '' || other !== undefined;
}

/** Writes an answer as text. Texts of the model are joined unchanged; calls and results are separate paragraphs. */
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
