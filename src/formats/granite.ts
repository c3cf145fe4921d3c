import type { ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import { defineJsonCall, listOf, readCallList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<|tool_call|>';
/** Tags of Granite 3.1. */
const OLD_OPEN = '<tool_call>';
const OLD_CLOSE = '</tool_call>';
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
    triggers: [OPEN, OLD_OPEN],
    closings: [OLD_CLOSE],
    *read(source, tools, trigger) {
      if (!(yield* readCallList(source, () => readJsonCall(source, tools, KEYS)))) return false;
      if (trigger === OLD_OPEN) yield* takeClosing(source, OLD_CLOSE);
      return true;
    },
    grammar(tools, rules, { trigger, parallel }) {
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      const list = listOf(rules, call, parallel);
      return trigger === OLD_OPEN ? `${list} ("\\n"? ${literal(OLD_CLOSE)})?` : list;
    },
    write(calls) {
      const list = calls.map(({ name, input }) => ({ name, arguments: input }));
      return `${OPEN}${JSON.stringify(list)}`;
    },
  },
};
