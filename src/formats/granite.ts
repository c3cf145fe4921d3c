import type { ChatFormat } from './format.ts';
import { defineJsonCall, listOf, readCallList } from './shared/call-list.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<|tool_call|>';
const KEYS = { name: 'name', input: ['arguments', 'parameters'] } as const;

/**
 * Granite 3: `<|tool_call|>[{"name": …, "arguments": {…}}]`. With thinking enabled, it writes thinking in
 * `<think>` tags and the answer in `<response>` tags.
 */
export const granite: ChatFormat = {
  name: 'granite',
  recognises: (template) =>
    template.includes(OPEN) && template.includes('<|start_of_role|>available_tools'),
  thinking: { open: '<think>', close: '</think>' },
  answer: { open: '<response>', close: '</response>', always: false },
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      return yield* readCallList(source, () => readJsonCall(source, tools, KEYS));
    },
    grammar(tools, rules, { parallel }) {
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return listOf(rules, call, parallel);
    },
    write(calls) {
      const list = calls.map(({ name, input }) => ({ name, arguments: input }));
      return `${OPEN}${JSON.stringify(list)}`;
    },
  },
};
