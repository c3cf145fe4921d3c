import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { readArguments, takeClosing, takeTool } from './shared/calls.ts';

const OPEN = '<｜tool▁calls▁begin｜>';
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
    triggers: [OPEN],
    read: readCalls,
    grammar(tools, rules, { parallel }) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(
          `call-${name}`,
          `${literal(beforeName + name + beforeInput)} ${input} "\\n"? ${literal(afterInput)}`,
        );
      });
      const call = oneOf(calls);
      const more = parallel ? `(${literal(separator)} ${call})*` : '';
      return `"\\n"? ${call} ${more} "\\n"? ${literal(CLOSE)}`;
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
function* readCalls(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  for (let read = false; ; read = true) {
    const place = source.place;
    if ((yield* takeClosing(source, CALL, CLOSE)) !== CALL) return read;
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
