import type { ChatFormat } from './format.ts';
import { defineJsonCall, readCallList, restOfList } from './shared/call-list.ts';
import { readJsonCall } from './shared/json-calls.ts';

const OPEN = 'functools[';
const KEYS = { name: 'name', input: ['arguments'] } as const;

/** FireFunction: `functools[{"name": …, "arguments": {…}}, …]` without a closing marker. */
export const firefunction: ChatFormat = {
  name: 'firefunction',
  recognises: (template) => template.includes(OPEN),
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      return yield* readCallList(source, () => readJsonCall(source, tools, KEYS), true);
    },
    grammar(tools, rules, { parallel }) {
      const call = defineJsonCall(rules, tools, { name: 'name', input: 'arguments' });
      return restOfList(rules, call, parallel);
    },
  },
};
