import type { ChatFormat } from '../format.ts';
import { literal } from '../gbnf.ts';
import { defineJsonCall, defineSpace } from './call-list.ts';
import { readJsonCall, takeClosing } from './calls.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/** What other families that write `<tool_call>` too have, or that stands for another trigger. */
const OTHERS = ['<function=', '<arg_key>', '<tool_calls>', '<use_mcp_tool>'];

/**
 * Hermes-style calls, one JSON object in `<tool_call>` tags with `name` and `arguments`, and `<think>`
 * tags: Qwen 2.5 and 3, QwQ, MiMo, Hermes, Reka, Bielik, and the embedded Mini.
 */
export const hermes: ChatFormat = {
  name: 'hermes',
  recognises: (template) =>
    template.includes(OPEN) &&
    /\\?"name\\?":/.test(template) &&
    !OTHERS.some((other) => template.includes(other)),
  thinking: { open: '<think>', close: '</think>' },
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      const read = yield* readJsonCall(source, tools, { name: 'name', input: ['arguments'] });
      if (!read) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules) {
      const space = defineSpace(rules);
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return `${space} ${call} ${space} ${literal(CLOSE)}`;
    },
  },
};
