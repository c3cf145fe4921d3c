import type { ChatFormat } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { takeClosing, takeTool } from './shared/calls.ts';
import { PairsGrammar } from './shared/pairs-grammar.ts';
import { readPairs } from './shared/pairs.ts';

const OPEN = '<|tool_call>';
const CLOSE = '<tool_call|>';
const CALL = 'call:';
const QUOTE = '<|"|>';

/** Gemma 4: `call:name{key:value,…}`. The quotes around strings are a control token. */
export const gemma4: ChatFormat = {
  name: 'gemma4',
  recognises: (template) => template.includes(OPEN) && template.includes(CALL),
  thinking: { open: '<|channel>thought', close: '<channel|>', later: 'dropped' },
  stray: ['<|channel>', '<channel|>'],
  tools: {
    triggers: [OPEN],
    *read(source, tools) {
      yield* source.skipSpace();
      yield* source.take(CALL, ':');
      const called = yield* takeTool(source, tools, '{');
      if (called === undefined) return false;
      yield { type: 'call-start', name: called.tool.name };
      if (!(yield* readPairs(source, QUOTE))) return true;
      yield { type: 'call-end' };
      yield* takeClosing(source, CLOSE);
      return true;
    },
    grammar(tools, rules) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = new PairsGrammar(rules, inputSchema, QUOTE).define(inputSchema, name);
        return rules.define(`call-${name}`, `${literal(name)} ${input}`);
      });
      return `${literal(CALL)} ${oneOf(calls)} ${literal(CLOSE)}`;
    },
  },
};
