import type { ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import { defineJsonCall, defineSpace, listOf, readCallList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<tool_calls>';
const CLOSE = '</tool_calls>';
const KEYS = { name: 'name', input: ['arguments', 'parameters'] } as const;

/** Hunyuan-A13B: `<tool_calls>[{"name": …, "arguments": {…}}]</tool_calls>`, and answers in `<answer>` tags. */
export const hunyuan: ChatFormat = {
  name: 'hunyuan',
  recognises: (template) => template.includes(OPEN) && template.includes('<|extra_0|>'),
  thinking: { open: '<think>', close: '</think>' },
  answer: { open: '<answer>', close: '</answer>', always: false },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    *read(source, tools) {
      if (!(yield* readCallList(source, () => readJsonCall(source, tools, KEYS)))) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { parallel }) {
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return `${listOf(rules, call, parallel)} ${defineSpace(rules)} ${literal(CLOSE)}`;
    },
  },
};
