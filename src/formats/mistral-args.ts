import type { ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import { isCallable, readArguments, readName } from './shared/calls.ts';

const OPEN = '[TOOL_CALLS]';
const ID = '[CALL_ID]';
const ARGUMENTS = '[ARGS]';

/**
 * Mistral Small 3.2, Devstral, Ministral, Magistral. Each call is `[TOOL_CALLS]name[ARGS]{…}`, with
 * `[CALL_ID]…` before the arguments for some models. Thinking is in `[THINK]` tags.
 */
export const mistralArgs: ChatFormat = {
  name: 'mistral-args',
  recognises: (template) => template.includes(OPEN) && template.includes(ARGUMENTS),
  thinking: { open: '[THINK]', close: '[/THINK]' },
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      yield* source.skipSpace();
      const name = yield* readName(source);
      if (!isCallable(name, tools)) return false;
      yield* source.skipSpace();
      const mark = yield* source.take(ID, ARGUMENTS);
      if (mark === undefined) return false;
      if (mark === ID && (yield* source.readUntil(ARGUMENTS)) === undefined) return false;
      return yield* readArguments(source, name);
    },
    grammar(tools, rules) {
      const id = `(${literal(ID)} [a-zA-Z0-9]{9})?`;
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return `${literal(name)} ${id} ${literal(ARGUMENTS)} " "? ${input}`;
      });
      return `" "? ${oneOf(calls)}`;
    },
  },
};
