import type { CallableTool, ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

const SECTION = '<|tool_calls_section_begin|>';
const SECTION_END = '<|tool_calls_section_end|>';
const CALL = '<|tool_call_begin|>';
const ARGUMENTS = '<|tool_call_argument_begin|>';
const CALL_END = '<|tool_call_end|>';

/**
 * Kimi K2. One section contains all calls: `<|tool_call_begin|>functions.name:0<|tool_call_argument_begin|>{…}
 * <|tool_call_end|>`, numbered across the conversation. K2 Thinking uses `<think>` tags.
 */
export const kimi: ChatFormat = {
  name: 'kimi',
  recognises: (template) => template.includes(SECTION),
  thinking: { open: '<think>', close: '</think>' },
  tools: {
    triggers: [SECTION],
    *read(source, tools) {
      if (!(yield* readCall(source, tools))) return false;
      for (;;) {
        const mark = yield* takeClosing(source, CALL, SECTION_END);
        if (mark !== CALL) return true;
        source.rewind(source.place - CALL.length);
        if (!(yield* readCall(source, tools))) return true;
      }
    },
    grammar(tools, rules, { parallel }) {
      const call = defineCall(rules, tools);
      return `"\\n"{0,2} ${call} ${parallel ? `(${call})*` : ''} ${literal(SECTION_END)}`;
    },
  },
};

function* readCall(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  yield* source.skipSpace();
  const place = source.place;
  if ((yield* source.take(CALL)) === undefined) return false;
  yield* source.skipSpace();
  yield* source.take('functions.');
  const name = yield* readName(source);
  const read =
    isCallable(name, tools) &&
    (yield* source.readUntil(ARGUMENTS)) !== undefined &&
    (yield* readArguments(source, name));
  if (read) yield* takeClosing(source, CALL_END);
  else if (!source.starved) source.rewind(place);
  return read;
}

function defineCall(rules: GrammarRules, tools: readonly CallableTool[]): string {
  const calls = tools.map(({ name, inputSchema }) => {
    const input = defineSchema(rules, inputSchema);
    const head = `${literal(`functions.${name}:`)} [0-9]{1,4} ${literal(ARGUMENTS)}`;
    return rules.define(`call-${name}`, `${head} " "? ${input}`);
  });
  return rules.define('call', `${literal(CALL)} ${oneOf(calls)} ${literal(CALL_END)}`);
}
