import type { ChatFormat } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import {
  defineJsonCall,
  defineSpace,
  listOf,
  memberKey,
  readCallList,
} from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = '<|START_ACTION|>';
const CLOSE = '<|END_ACTION|>';
const KEYS = { name: 'tool_name', input: ['parameters'] } as const;

/**
 * Command R7B and Command A: `<|START_ACTION|>` and a list of `{"tool_call_id": …, "tool_name": …,
 * "parameters": {…}}`. Thinking and answers have tags of their own.
 */
export const commandR7b: ChatFormat = {
  name: 'command-r7b',
  recognises: (template) => template.includes(OPEN) && template.includes('<|START_RESPONSE|>'),
  thinking: { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  answer: { open: '<|START_RESPONSE|>', close: '<|END_RESPONSE|>', always: true },
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    *read(source, tools) {
      const read = yield* readCallList(source, () => readJsonCall(source, tools, KEYS));
      if (!read) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { parallel }) {
      const space = defineSpace(rules);
      const before = `(${memberKey(rules, 'tool_call_id')} "\\"" [0-9]{1,4} "\\"" ${space} ",")?`;
      const members = { name: 'tool_name', input: 'parameters', before };
      const call = defineJsonCall(rules, tools, members);
      return `${listOf(rules, call, parallel)} ${space} ${literal(CLOSE)}`;
    },
  },
};
