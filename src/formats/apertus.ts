import type { CallableTool, ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineSpace, listOf, readCallList } from './shared/call-list.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

const OPEN = '<|tools_prefix|>';
const CLOSE = '<|tools_suffix|>';

/**
 * Apertus. Each call is an object with the tool's name as its only key: `<|tools_prefix|>[{"name": {…}}]
 * <|tools_suffix|>`. Calls may appear inside the thinking, and count unless it is closed after them.
 */
export const apertus: ChatFormat = {
  name: 'apertus',
  recognises: (template) => template.includes(OPEN),
  thinking: { open: '<|inner_prefix|>', close: '<|inner_suffix|>', holdsCalls: true },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    *read(source, tools) {
      if (!(yield* readCallList(source, () => readCall(source, tools)))) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { parallel }) {
      const space = defineSpace(rules);
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return `${literal(JSON.stringify(name))} ${space} ":" ${space} ${input}`;
      });
      const call = rules.define('call', `"{" ${space} ${oneOf(calls)} ${space} "}"`);
      // Optional, since the closing mark may be an end-of-turn token, which no grammar can require.
      return `${listOf(rules, call, parallel)} ${literal(CLOSE)}?`;
    },
  },
};

function* readCall(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  if ((yield* source.take('{')) === undefined) return false;
  yield* source.skipSpace();
  if ((yield* source.take('"')) === undefined) return false;
  const name = yield* readName(source);
  if (!isCallable(name, tools) || (yield* source.take('"')) === undefined) return false;
  yield* source.skipSpace();
  if ((yield* source.take(':')) === undefined || !(yield* readArguments(source, name)))
    return false;
  yield* source.skipSpace();
  yield* source.take('}');
  return true;
}
