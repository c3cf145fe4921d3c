import type { ChatFormat } from './format.ts';
import { defineJsonCall, listOf, readCallList } from './shared/call-list.ts';
import { readJsonCall } from './shared/calls.ts';

const OPEN = '<|tool_call|>';
const KEYS = { name: 'name', input: ['arguments', 'parameters'] } as const;

/**
 * Granite 3's calls, `<|tool_call|>[{"name": …, "arguments": {…}}]`. Asked to think it writes its
 * thoughts between `<think>` tags and what it answers between `<response>` tags.
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
