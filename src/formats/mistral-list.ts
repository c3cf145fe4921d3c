import type { ChatFormat } from './format.ts';
import { defineJsonCall, defineSpace, listOf, memberKey } from './shared/call-list.ts';
import { readMistralCalls } from './mistral-args.ts';

const OPEN = '[TOOL_CALLS]';

/**
 * Mistral Nemo, Mistral 7B v0.3, Mistral Small up to 3.1. Calls are
 * `[TOOL_CALLS][{"name": …, "arguments": {…}, "id": …}]`. An id has nine letters or digits, and is ignored.
 */
export const mistralList: ChatFormat = {
  name: 'mistral-list',
  recognises: (template) => template.includes(OPEN) && !template.includes('[ARGS]'),
  thinking: { open: '[THINK]', close: '[/THINK]' },
  tools: {
    triggers: [OPEN],
    read: readMistralCalls,
    grammar(tools, rules, { parallel }) {
      const space = defineSpace(rules);
      const id = `(${space} "," ${space} ${memberKey(rules, 'id')} "\\"" [a-zA-Z0-9]{9} "\\"")?`;
      const members = { name: 'name', input: 'arguments', after: id };
      return listOf(rules, defineJsonCall(rules, tools, members), parallel);
    },
  },
};
