import type { ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { defineSchema } from '../grammar/json-schema.ts';
import { isCallable, readArguments, readName, takeClosing } from './shared/calls.ts';

const OPEN = '<function=';
const CLOSE = '</function>';
/** Mark before the arguments of a tool named `python`. */
const PYTHON = '<|python_tag|>';

/** Functionary 3.1: `<function=name>{…}</function>`. A tool named `python` has a mark of its own. */
export const functionaryTags: ChatFormat = {
  name: 'functionary-tags',
  recognises: (template) =>
    template.includes(`'${OPEN}' + `) && template.includes('<|start_header_id|>'),
  tools: {
    triggers: [OPEN],
    closings: [CLOSE],
    triggersAtStart: (tools) => (isCallable('python', tools) ? [PYTHON] : []),
    *read(source, tools, trigger) {
      if (trigger === PYTHON) return yield* readArguments(source, 'python');
      const name = yield* readName(source);
      if (!isCallable(name, tools) || (yield* source.take('>')) === undefined) return false;
      if (!(yield* readArguments(source, name))) return false;
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules, { trigger }) {
      const admitted = tools.filter(({ name }) => trigger === OPEN || name === 'python');
      const calls = admitted.map(({ name, inputSchema }) => {
        const input = defineSchema(rules, inputSchema);
        return trigger === OPEN ? `${literal(`${name}>`)} ${input} ${literal(CLOSE)}` : input;
      });
      return oneOf(calls);
    },
  },
};
