import type { CallableTool, ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { readArguments, takeClosing, takeTool } from './shared/calls.ts';

const OPEN = '<use_mcp_tool>';
const CLOSE = '</use_mcp_tool>';
const SERVER = '<server_name>';

/** MiroThinker: MCP calls, each with the name of a server, the name of its tool, and JSON arguments. */
export const mirothinker: ChatFormat = {
  name: 'mirothinker',
  recognises: (template) => template.includes(OPEN) && template.includes(SERVER),
  thinking: { open: '<think>', close: '</think>' },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    read: readCalls,
    grammar(tools, rules, { parallel }) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(
          `call-${name}`,
          `${literal(`${name}</tool_name>\n<arguments>\n`)} ${input} "\\n</arguments>\\n"`,
        );
      });
      const server = String.raw`"<server_name>" [a-zA-Z0-9_-]+ "</server_name>\n<tool_name>"`;
      const call = `${server} ${oneOf(calls)}`;
      return `"\\n"? ${parallel ? `(${call})+` : call} ${literal(CLOSE)}`;
    },
  },
};

function* readCalls(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  for (let read = false; ; read = true) {
    const place = source.place;
    if ((yield* takeClosing(source, SERVER, CLOSE)) !== SERVER) return read;
    const name = yield* readHead(source, tools);
    if (name === undefined || !(yield* readArguments(source, name))) {
      if (read && !source.starved) source.rewind(place);
      return read;
    }
    yield* takeClosing(source, '</arguments>');
  }
}

/** Reads the name of the tool, up to and including the opening tag of its arguments. */
function* readHead(source: Source, tools: readonly CallableTool[]): Reading<string | undefined> {
  // The server of a tool is already known: the model only repeats the name in its prompt.
  yield* source.readUntil('</server_name>');
  yield* source.skipSpace();
  if ((yield* source.take('<tool_name>')) === undefined) return undefined;
  const called = yield* takeTool(source, tools, '</tool_name>');
  yield* source.skipSpace();
  const opened = yield* source.take('<arguments>');
  return opened === undefined ? undefined : called?.tool.name;
}
