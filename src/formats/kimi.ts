import type { CallableTool, ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

const SECTION = '<|tool_calls_section_begin|>';
/** Models write the singular too. */
const SINGULAR = '<|tool_call_section_begin|>';
const SECTION_END = '<|tool_calls_section_end|>';
const SINGULAR_END = '<|tool_call_section_end|>';
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
    // Models sometimes leave out the section.
    triggers: [SECTION, SINGULAR, CALL],
    closings: [CALL_END, SECTION_END, SINGULAR_END],
    *read(source, tools, trigger) {
      if (!(yield* readCall(source, tools, trigger === CALL))) return false;
      for (;;) {
        const mark = yield* takeClosing(source, CALL, SECTION_END, SINGULAR_END);
        if (mark !== CALL) return true;
        const place = source.place - CALL.length;
        if (!(yield* readCall(source, tools, true))) {
          if (!source.starved) source.rewind(place);
          return true;
        }
      }
    },
    grammar(tools, rules, { trigger, parallel }) {
      const named = defineCalls(rules, tools);
      // Calls without their section may lack their ends too.
      const end = `${literal(CALL_END)}${trigger === CALL ? '?' : ''}`;
      const call = `${literal(CALL)} ${named} ${end}`;
      const more = parallel ? `(${call})*` : '';
      const sectionEnd = oneOf([SECTION_END, SINGULAR_END].map((mark) => literal(mark)));
      if (trigger === CALL) return `${named} ${end} ${more} ${sectionEnd}?`;
      return `"\\n"{0,2} ${call} ${more} ${sectionEnd}`;
    },
  },
};

/** @param begun the mark before the call was read */
function* readCall(
  source: Source,
  tools: readonly CallableTool[],
  begun: boolean,
): Reading<boolean> {
  yield* source.skipSpace();
  if (!begun && (yield* source.take(CALL)) === undefined) return false;
  yield* source.skipSpace();
  yield* source.take('functions.');
  const name = yield* readName(source);
  const read =
    isCallable(name, tools) &&
    (yield* source.readUntil(ARGUMENTS)) !== undefined &&
    (yield* readArguments(source, name));
  if (read) yield* takeClosing(source, CALL_END);
  return read;
}

/** Defines a rule for the name and the arguments of a call of any tool. */
function defineCalls(rules: GrammarRules, tools: readonly CallableTool[]): string {
  const calls = tools.map(({ name, inputSchema }) => {
    const input = defineSchema(rules, inputSchema);
    const head = `${literal(`functions.${name}:`)} [0-9]{1,4} ${literal(ARGUMENTS)}`;
    return rules.define(`call-${name}`, `${head} " "? ${input}`);
  });
  return rules.define('call', oneOf(calls));
}
