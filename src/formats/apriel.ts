import type { ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import { defineJsonCall, listOf, readCallList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<tool_calls>';
const CLOSE = '</tool_calls>';

/**
 * ServiceNow's Apriel 1.5 and 1.6: one list of JSON calls in `<tool_calls>`. Thinking has no opening tag: it
 * starts after a fixed sentence of the prompt or the model, and ends at the marker of the answer.
 */
export const apriel: ChatFormat = {
  name: 'apriel',
  recognises: (template) => template.includes(OPEN) && template.includes('[BEGIN FINAL RESPONSE]'),
  thinking: {
    open: 'Here are my reasoning steps:',
    close: '[BEGIN FINAL RESPONSE]',
  },
  // Version 1.5 closes its answers, 1.6 does not.
  answer: { open: '', close: '[END FINAL RESPONSE]', always: false },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    *read(source, tools) {
      const keys = { name: 'name', input: ['arguments'] };
      if (!(yield* readCallList(source, () => readJsonCall(source, tools, keys)))) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { parallel }) {
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return `${listOf(rules, call, parallel)} "\\n"? ${literal(CLOSE)}`;
    },
  },
};
