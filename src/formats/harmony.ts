import type { CallableTool, ChatFormat, OutputContext, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { OutputPiece, Reading, Source } from './shared/reader.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

const CHANNEL = '<|channel|>';
const MESSAGE = '<|message|>';
const NEXT = '<|start|>assistant';
const CALL_END = '<|call|>';
/** Marks that end a message's text. The next message may also begin without one. */
const ENDS = ['<|end|>', CALL_END, '<|return|>'] as const;
/** Recipient of a call. The dot after it belongs to the name, since a token may contain both. */
const RECIPIENT = 'to=functions';
const IN_CHANNEL = `${CHANNEL}commentary ${RECIPIENT}`;
const THINKING_END = `<|end|>${NEXT}`;

/**
 * Harmony, the format of gpt-oss. An answer consists of messages on channels: `analysis` for thinking, `final`
 * and `commentary` for text. A call is a message to `functions.name`. The first message begins after
 * `<|start|>assistant`, which is in the prompt.
 *
 * @see https://cookbook.openai.com/articles/openai-harmony
 */
export const harmony: ChatFormat = {
  name: 'harmony',
  recognises: (template) =>
    template.includes(`${CHANNEL}analysis${MESSAGE}`) && template.includes(NEXT),
  thinking: { open: `${CHANNEL}analysis${MESSAGE}`, close: THINKING_END },
  thinkingEnd: THINKING_END,
  alwaysThinks: true,
  answer: { open: `${CHANNEL}final${MESSAGE}`, close: '<|end|>', always: true },
  efforts: ['low', 'medium', 'high'],
  tools: {
    triggers: [IN_CHANNEL, RECIPIENT],
    read: readCall,
    grammar(tools, rules, { trigger }) {
      const channel = trigger === IN_CHANNEL ? '' : `(${literal(CHANNEL)} "commentary")?`;
      const kind = `" "? (${literal('<|constrain|>')}? "json")?`;
      const header = rules.define('header', `${channel} ${kind} ${literal(MESSAGE)}`);
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(`call-${name}`, `${literal(`.${name}`)} ${header} ${input}`);
      });
      // Optional, since the closing mark is an end-of-turn token, which no grammar can require.
      return `${oneOf(calls)} ${literal(CALL_END)}?`;
    },
  },
  *readOutput(source, context) {
    const reader = { source, context, said: false };
    if (context.forced !== undefined) yield* readCallMessage(reader, source.place, context.forced);
    else if (context.continuesText) yield* readText(reader);
    while (yield* source.some()) yield* readMessage(reader);
  },
};

/** Harmony calls in the text of a server that does not parse the channels. */
export const leakedHarmony: Omit<ToolSyntax, 'grammar'> = {
  triggers: [IN_CHANNEL, RECIPIENT, `${NEXT}${IN_CHANNEL}`, `${NEXT} ${RECIPIENT}`],
  read: readCall,
};

interface MessageReader {
  readonly source: Source;
  readonly context: OutputContext;
  /** A message with text was read, so that the next one is a new paragraph. */
  said: boolean;
}

function* readMessage(reader: MessageReader): Reading {
  const { source } = reader;
  const place = source.place;
  yield* source.skipSpace();
  const begun = yield* source.take(CHANNEL, RECIPIENT);
  if (begun === RECIPIENT) return yield* readCallMessage(reader, place, RECIPIENT);
  if (begun === CHANNEL) return yield* readChannel(reader, place);
  // A cut-off mark is not text.
  if (source.starved && source.rest.startsWith('<|')) return source.skip(source.rest.length);
  source.rewind(place);
  return yield* readText(reader);
}

function* readChannel(reader: MessageReader, place: number): Reading {
  const { source, context } = reader;
  const header = yield* source.readUntil(MESSAGE, RECIPIENT);
  if (header === undefined) {
    source.skip(source.rest.length);
  } else if (header.mark === RECIPIENT) {
    yield* readCallMessage(reader, place, IN_CHANNEL);
  } else if (header.text.trim().startsWith('analysis')) {
    context.state.thinking = true;
    yield* source.skipSpace();
    yield* source.streamUntil(ENDS, thinkingPiece, 'trim');
    yield* takeNext(source);
    context.state.thinking = false;
  } else yield* readText(reader);
}

/** Reads a message after its recipient. If it is not a call of a tool, the complete message is text. */
function* readCallMessage(reader: MessageReader, place: number, trigger: string): Reading {
  const { source, context } = reader;
  context.state.calling = context.tools.length > 0 ? trigger : undefined;
  const read = yield* readCall(source, context.tools);
  context.state.calling = undefined;
  if (source.starved) return source.skip(source.rest.length);
  if (read) return yield* takeNext(source);
  source.rewind(place);
  return yield* readText(reader);
}

function* readCall(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  if ((yield* source.take('.')) === undefined) return false;
  const name = yield* readName(source);
  if (!isCallable(name, tools)) return false;
  if ((yield* source.readUntil(MESSAGE)) === undefined) return false;
  if (!(yield* readArguments(source, name))) return false;
  yield* takeClosing(source, ...ENDS);
  return true;
}

function* readText(reader: MessageReader): Reading {
  let separator = reader.said ? '\n\n' : '';
  const found = yield* reader.source.streamUntil([...ENDS, NEXT], (text) => {
    const shown = separator + text;
    separator = '';
    reader.said = true;
    return { type: 'text', text: shown };
  });
  if (found !== undefined && found.mark !== NEXT) yield* takeNext(reader.source);
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
