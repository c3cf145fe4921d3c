import type { CallableTool, ChatFormat, OutputContext, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { OutputPiece, Reading, Source } from './shared/reader.ts';
import { readArguments, takeClosing } from './shared/calls.ts';

/** Mark that begins each part of an answer. The prompt ends in the first one. */
const PART = '>>>';
/** Recipient of text for the user. */
const ALL = 'all\n';

/**
 * Functionary 3.2: each part of an answer begins with its recipient. `>>>all` and a line feed precede text;
 * `>>>name` and a line feed precede the JSON arguments of a call.
 */
export const functionaryRecipients: ChatFormat = {
  name: 'functionary-recipients',
  recognises: (template) => template.includes(`${PART}all`) && template.includes('recipient'),
  answer: { open: ALL, close: '', always: true },
  tools: {
    triggers: [],
    triggersAtStart: (tools) => tools.map(({ name }) => `${name}\n`),
    forced: '',
    read: (source, tools, trigger) => readCall(source, tools, trigger),
    grammar(tools, rules, { trigger }) {
      const called = tools.filter(({ name }) => trigger === `${name}\n`);
      return oneOf(
        (trigger === '' ? tools : called).map(({ name, inputSchema }) => {
          const head = trigger === '' ? `${literal(`${name}\n`)} ` : '';
          return `${head}${defineSchema(rules, inputSchema)}`;
        }),
      );
    },
  },
  *readOutput(source, context) {
    const marks = recipients(context.tools);
    let next: string | undefined;
    if (context.continuesText) next = ALL;
    else next = yield* source.take(...marks);
    for (;;) {
      if (next === undefined && source.starved) return;
      const called = next !== undefined && next !== ALL;
      if (called && (yield* readPart(source, context, next ?? ''))) {
        const more = yield* takeClosing(source, PART);
        next = more === undefined ? undefined : yield* source.take(...marks);
      } else {
        const parts = marks.map((mark) => PART + mark);
        const found = yield* source.streamUntil(parts, textPiece, 'trim');
        if (found === undefined) return;
        next = found.mark.slice(PART.length);
      }
    }
  },
};

/** Functionary calls in the text of a server. The first part can't be a call, since its mark is in the prompt. */
export const leakedRecipients: Omit<ToolSyntax, 'grammar'> = {
  triggers: [PART],
  *read(source, tools) {
    const recipient = yield* source.take(...tools.map(({ name }) => `${name}\n`));
    return recipient !== undefined && (yield* readCall(source, tools, recipient));
  },
};

function recipients(tools: readonly CallableTool[]): readonly string[] {
  return [ALL, ...tools.map(({ name }) => `${name}\n`)];
}

const textPiece = (text: string): OutputPiece => ({ type: 'text', text });

/** Reads the arguments after a tool's recipient. If there are none, the recipient is text. */
function* readPart(
  source: Source,
  { tools, state }: OutputContext,
  recipient: string,
): Reading<boolean> {
  const place = source.place;
  state.calling = recipient;
  const read = yield* readCall(source, tools, recipient);
  state.calling = undefined;
  if (read || source.starved) return true;
  source.rewind(place);
  yield textPiece(recipient);
  return false;
}

function* readCall(
  source: Source,
  tools: readonly CallableTool[],
  recipient: string,
): Reading<boolean> {
  const tool = tools.find(({ name }) => recipient === `${name}\n`);
  return tool !== undefined && (yield* readArguments(source, tool.name));
}
