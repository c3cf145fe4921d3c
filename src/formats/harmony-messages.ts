import type { CallableTool, OutputContext } from './format.ts';
import type { OutputPiece, Reading, Source } from './shared/reader.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

export const CHANNEL = '<|channel|>';
export const MESSAGE = '<|message|>';
const CONSTRAIN = '<|constrain|>';
const START = '<|start|>';
export const NEXT = `${START}assistant`;
export const CALL_END = '<|call|>';
/** Recipient of a call. The dot after it belongs to the name, since a token may contain both. */
export const RECIPIENT = 'to=functions';
export const IN_CHANNEL = `${CHANNEL}commentary ${RECIPIENT}`;

/** Beginning of any recipient. */
const TO = 'to=';
/** Beginnings of headers whose channel lacks its mark. */
const UNMARKED = ['commentary to=', 'analysis to='] as const;
/** Marks that end a message. */
const ENDS = ['<|end|>', CALL_END, '<|return|>'] as const;
/** Marks that end a message or begin the next one, whose first mark may be missing. */
const LIMITS = [...ENDS, NEXT, START, CHANNEL] as const;
/** Marks after a recipient. */
const HEADER_MARKS = [CHANNEL, MESSAGE, CONSTRAIN] as const;
/** Beginning of a header that has a recipient, with a mark after it: what `isHeader` finds in a text. */
const ADDRESSED = /^\s*(?:commentary |analysis )?to=[\w.-]*\s*<\|(?:channel|constrain)\|>/;
/** Recipients that are not tools. */
const PEOPLE: ReadonlySet<string> = new Set(['assistant', 'user', 'all']);

interface MessageReader {
  readonly source: Source;
  readonly context: OutputContext;
  /** A message with text was read, so that the next one is a new paragraph. */
  said: boolean;
}

/** Reads an answer of messages. */
export function* readMessages(source: Source, context: OutputContext): Reading {
  const reader = { source, context, said: false };
  if (context.forced !== undefined) yield* readCallMessage(reader, source.place, context.forced);
  else if (context.continuesText) yield* readText(reader);
  while (yield* source.some()) yield* readMessage(reader);
}

function* readMessage(reader: MessageReader): Reading {
  const { source } = reader;
  const place = source.place;
  yield* source.skipSpace();
  const begun = yield* source.take(CHANNEL, RECIPIENT, TO, ...UNMARKED, MESSAGE, START);
  if (begun === RECIPIENT) return yield* readCallMessage(reader, place, RECIPIENT);
  if (begun === CHANNEL) return yield* readChannel(reader, place);
  if (begun === START) return yield* skipRole(source);
  const isAddressed =
    begun?.endsWith(TO) === true && (yield* isHeader(source, [...HEADER_MARKS, 'json', 'code']));
  if (isAddressed) return yield* readAddressed(reader, place);
  // A cut-off mark is not text.
  if (source.starved && source.rest.startsWith('<|')) return source.skip(source.rest.length);
  if (begun !== MESSAGE) source.rewind(place);
  return yield* readText(reader);
}

/** Reads a recipient. Returns true if marks of a header follow it, so that it is no text. */
function* isHeader(source: Source, marks: readonly string[]): Reading<boolean> {
  yield* source.take('functions.');
  for (;;) {
    yield* readName(source);
    if ((yield* source.take('.')) === undefined) break;
  }
  return (yield* takeClosing(source, ...marks)) !== undefined;
}

function* readChannel(reader: MessageReader, place: number): Reading {
  const { source } = reader;
  const header = yield* source.readUntil(MESSAGE, RECIPIENT);
  if (header === undefined) return source.skip(source.rest.length);
  if (header.mark === RECIPIENT) {
    const trigger = header.text === 'commentary ' ? IN_CHANNEL : RECIPIENT;
    return yield* readCallMessage(reader, place, trigger);
  }
  source.rewind(place);
  return yield* readAddressed(reader, place);
}

/** Reads a message after its recipient. */
function* readCallMessage(reader: MessageReader, place: number, trigger: string): Reading {
  const { source, context } = reader;
  context.state.calling = context.tools.length > 0 ? trigger : undefined;
  const read = yield* readCall(source, context.tools);
  context.state.calling = undefined;
  if (source.starved) return source.skip(source.rest.length);
  if (read) return yield* takeNext(source);
  return yield* readAddressed(reader, place);
}

/** Reads a call after its recipient's beginning. */
export function* readCall(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  if ((yield* source.take('.')) === undefined) return false;
  const name = yield* readName(source);
  if (!isCallable(name, tools)) return false;
  if ((yield* source.readUntil(MESSAGE)) === undefined) return false;
  if (!(yield* readArguments(source, name))) return false;
  yield* takeClosing(source, ...ENDS);
  return true;
}

/**
 * Reads a message by its complete header: a call, thinking or text. One to a tool that is not offered is neither
 * a call nor text.
 */
function* readAddressed(reader: MessageReader, place: number): Reading {
  const { source, context } = reader;
  source.rewind(place);
  const isChannel = source.rest.trimStart().startsWith(CHANNEL);
  const header = yield* source.readUntil(MESSAGE, ...ENDS, NEXT);
  if (header?.mark !== MESSAGE) {
    // A text would end before this recipient, which would be read again for ever.
    const isAddressed = ADDRESSED.test(header?.text ?? source.rest);
    if (isChannel || isAddressed) {
      if (header === undefined) return source.skip(source.rest.length);
      return yield* passLimit(source, header.mark);
    }
    source.rewind(place);
    return yield* readText(reader);
  }
  const recipient = /to=(?:functions\.)?([\w.:-]+)/.exec(header.text)?.[1];
  const channel = /^\s*([a-z]+)/.exec(header.text.split(CHANNEL).at(-1) ?? '')?.[1];
  if (recipient !== undefined && isCallable(recipient, context.tools)) {
    if (yield* readArguments(source, recipient)) return yield* takeNext(source);
  } else if (recipient !== undefined && !PEOPLE.has(recipient)) {
    return yield* skipBody(source);
  }
  return yield* channel === 'analysis' ? readThinking(reader) : readText(reader);
}

/** Skips a message of another role, which the model made up, after its first mark. */
function* skipRole(source: Source): Reading {
  const header = yield* source.readUntil(MESSAGE, ...ENDS, NEXT);
  if (header === undefined) return source.skip(source.rest.length);
  return yield* header.mark === MESSAGE ? skipBody(source) : passLimit(source, header.mark);
}

/** Skips the rest of a message. */
function* skipBody(source: Source): Reading {
  const body = yield* source.readUntil(...LIMITS);
  if (body === undefined) return source.skip(source.rest.length);
  return yield* passLimit(source, body.mark);
}

function* readThinking({ source, context }: MessageReader): Reading {
  context.state.thinking = true;
  yield* source.skipSpace();
  yield* streamMessage(source, thinkingPiece, 'trim');
  context.state.thinking = false;
}

function* readText(reader: MessageReader): Reading {
  let separator = reader.said ? '\n\n' : '';
  yield* streamMessage(reader.source, (text) => {
    const shown = separator + text;
    separator = '';
    reader.said = true;
    return { type: 'text', text: shown };
  });
}

/** Streams the text of a message, and skips the marks after it. The header of another message ends it too. */
function* streamMessage(
  source: Source,
  piece: (text: string) => OutputPiece,
  space?: 'trim',
): Reading {
  for (;;) {
    const found = yield* source.streamUntil([...LIMITS, MESSAGE, CONSTRAIN, TO], piece, space);
    // These marks have no meaning inside of a message.
    if (found?.mark === MESSAGE || found?.mark === CONSTRAIN) continue;
    if (found?.mark === TO) {
      const place = source.place;
      const isNext = yield* isHeader(source, HEADER_MARKS);
      source.rewind(isNext ? place - TO.length : place);
      if (isNext) return;
      yield piece(found.space + TO);
      continue;
    }
    if (found !== undefined) yield* passLimit(source, found.mark);
    return;
  }
}

/** Goes from a mark that was read to the next message. */
function* passLimit(source: Source, mark: string): Reading {
  if (mark === CHANNEL || mark === START) source.rewind(source.place - mark.length);
  else if (mark !== NEXT) yield* takeNext(source);
}

/** Skips the marks between two messages. */
function* takeNext(source: Source): Reading {
  let mark: string | undefined;
  do mark = yield* takeClosing(source, NEXT, ...ENDS);
  while (mark !== undefined && mark !== NEXT);
  if (source.starved) source.skip(source.rest.length);
}

function thinkingPiece(text: string): OutputPiece {
  return { type: 'thinking', text };
}
