import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { readArguments, takeClosing, takeTool } from './shared/calls.ts';

const OPEN = '<｜tool▁calls▁begin｜>';
/** Spellings of distilled models, by llama.cpp's parser for DeepSeek R1. */
const OTHER_OPENS = [
  '<｜tool_calls_begin｜>',
  '<｜tool calls begin｜>',
  String.raw`<｜tool\_calls\_begin｜>`,
  '<｜tool▁calls｜>',
];
const CLOSE = '<｜tool▁calls▁end｜>';
const CALL = '<｜tool▁call▁begin｜>';
const CALL_END = '<｜tool▁call▁end｜>';
const SEPARATOR = '<｜tool▁sep｜>';
const KIND = `function${SEPARATOR}`;
const FENCE = '```json';

/** Texts around the name and the arguments of a call. */
interface CallLayout {
  readonly beforeName: string;
  readonly beforeInput: string;
  readonly afterInput: string;
  readonly separator: string;
}

const FENCED: CallLayout = {
  beforeName: `${CALL}${KIND}`,
  beforeInput: `\n${FENCE}\n`,
  afterInput: `\`\`\`${CALL_END}`,
  separator: '\n',
};

const BARE: CallLayout = {
  beforeName: CALL,
  beforeInput: SEPARATOR,
  afterInput: CALL_END,
  separator: '',
};

function toolSyntax({ beforeName, beforeInput, afterInput, separator }: CallLayout): ToolSyntax {
  return {
    // Models sometimes leave out the block.
    triggers: [OPEN, ...OTHER_OPENS, CALL],
    closings: [CALL_END, CLOSE],
    read: readCalls,
    grammar(tools, rules, { trigger, parallel }) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(
          `call-${name}`,
          `${literal(beforeName.slice(CALL.length) + name + beforeInput)} ${input} "\\n"? ${literal(afterInput)}`,
        );
      });
      const named = oneOf(calls);
      const more = parallel ? `(${literal(separator + CALL)} ${named})*` : '';
      const end = `"\\n"? ${literal(CLOSE)}`;
      return trigger === CALL
        ? `${named} ${more} (${end})?`
        : `"\\n"? ${literal(CALL)} ${named} ${more} ${end}`;
    },
    write(calls) {
      const written = calls.map(
        ({ name, input }) =>
          beforeName + name + beforeInput + JSON.stringify(input) + separator + afterInput,
      );
      return OPEN + written.join(separator) + CLOSE;
    },
  };
}

/** Reads calls of both layouts, since distilled models mix them. */
function* readCalls(
  source: Source,
  tools: readonly CallableTool[],
  trigger: string,
): Reading<boolean> {
  for (let read = false; ; read = true) {
    const place = source.place;
    const isBegun = trigger === CALL && !read;
    if (!isBegun && (yield* takeClosing(source, CALL, CLOSE)) !== CALL) return read;
    yield* source.take(KIND);
    const called = yield* takeTool(source, tools, '\n', SEPARATOR);
    yield* source.skipSpace();
    yield* source.take(FENCE);
    if (called === undefined || !(yield* readArguments(source, called.tool.name))) {
      if (read && !source.starved) source.rewind(place);
      return read;
    }
    yield* takeClosing(source, '```');
    yield* takeClosing(source, CALL_END);
  }
}

const THINKING = { open: '<think>', close: '</think>' };

/** DeepSeek R1, its distilled models, and V3: arguments in a Markdown code fence. */
export const deepseekR1: ChatFormat = {
  name: 'deepseek-r1',
  recognises: (template) => template.includes(OPEN) && template.includes('```json'),
  thinking: THINKING,
  tools: toolSyntax(FENCED),
};

/** DeepSeek V3.1: name and arguments without a code fence. */
export const deepseekV31: ChatFormat = {
  name: 'deepseek-v3.1',
  recognises: (template) => template.includes(OPEN) && !template.includes('```json'),
  thinking: THINKING,
  tools: toolSyntax(BARE),
};
