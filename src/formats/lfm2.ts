import type { ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { listOf, readCallList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readPythonCall } from './shared/python-arguments.ts';
import { definePythonCall } from './shared/python-grammar.ts';
import { writePythonCall } from './shared/python-literals.ts';

const OPEN = '<|tool_call_start|>';
const CLOSE = '<|tool_call_end|>';

/**
 * LFM2. Calls are Python: `<|tool_call_start|>[name(key="value", n=3)]<|tool_call_end|>`. Its templates list
 * the tools without the syntax, on which the model was trained.
 */
export const lfm2: ChatFormat = {
  name: 'lfm2',
  recognises: (template) =>
    template.includes('"List of tools: ') && template.includes('<|im_start|>'),
  thinking: { open: '<think>', close: '</think>' },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    *read(source, tools) {
      if (!(yield* readCallList(source, () => readPythonCall(source, tools)))) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { parallel }) {
      const call = rules.define('call', oneOf(tools.map((tool) => definePythonCall(rules, tool))));
      return `${listOf(rules, call, parallel)} ${literal(CLOSE)}`;
    },
    write(calls) {
      const list = calls.map(({ name, input }) => writePythonCall(name, input));
      return `${OPEN}[${list.join(', ')}]${CLOSE}`;
    },
  },
};
