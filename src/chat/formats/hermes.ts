import type { ChatFormat } from '../format.ts';
import { literal, oneOf } from '../gbnf.ts';
import { defineSchema } from '../grammar.ts';
import { readJsonCall, takeClosing } from './calls.ts';

const OPEN = '<tool_call>';
const CLOSE = '</tool_call>';

/**
 * Hermes-style calls, one JSON object in `<tool_call>` tags with `name` and `arguments`, and `<think>`
 * tags: Qwen 2.5 and 3, QwQ, MiMo, Hermes, and the embedded Mini.
 */
export const hermes: ChatFormat = {
  name: 'hermes',
  recognises: (template) =>
    template.includes(OPEN) &&
    /"name":/.test(template) &&
    !template.includes('<function=') &&
    !template.includes('<arg_key>'),
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
      const calls = tools.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return rules.define(
          `call-${name}`,
          `${literal(`{"name": ${JSON.stringify(name)}, "arguments": `)} ${input} "}"`,
        );
      });
      return `[ \\n]* ${oneOf(calls)} "\\n"? ${literal(CLOSE)}`;
    },
  },
};
