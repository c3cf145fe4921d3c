import type { CallableTool, ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import type { Reading, Source } from './shared/reader.ts';
import { readCallList } from './shared/call-list.ts';
import { isCallable, readArguments, readName } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '[TOOL_CALLS]';
const ID = '[CALL_ID]';
const ARGUMENTS = '[ARGS]';
const KEYS = { name: 'name', input: ['arguments'] } as const;

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
    read: readMistralCalls,
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

/**
 * Reads calls in any spelling of Mistral's models, since they write others than their templates: a list of JSON
 * calls, or a name and its arguments with or without marks between them.
 */
export function* readMistralCalls(
  source: Source,
  tools: readonly CallableTool[],
): Reading<boolean> {
  yield* source.skipSpace();
  if (/^[[{]/.test(source.rest)) {
    return yield* readCallList(source, () => readJsonCall(source, tools, KEYS));
  }
  const name = yield* readName(source);
  if (!isCallable(name, tools)) return false;
  yield* source.skipSpace();
  const mark = yield* source.take(ID, ARGUMENTS);
  if (mark === ID && (yield* source.readUntil(ARGUMENTS)) === undefined) return false;
  return yield* readArguments(source, name);
}
