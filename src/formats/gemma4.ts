import type { ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import { takeClosing, takeTool } from './shared/calls.ts';
import { PairsGrammar } from './shared/pairs-grammar.ts';
import { readPairs } from './shared/pairs.ts';

const CALL = 'call:';

/** Marks around a call, and around a string in its arguments. */
interface PairMarks {
  readonly open: string;
  readonly close: string;
  readonly quote: string;
}

const MARKS = { open: '<|tool_call>', close: '<tool_call|>', quote: '<|"|>' } as const;

const FUNCTION_MARKS = {
  open: '<start_function_call>',
  close: '<end_function_call>',
  quote: '<escape>',
} as const;

/** Gemma 4: `call:name{key:value,…}`. The quotes around strings are a control token. */
export const gemma4: ChatFormat = {
  name: 'gemma4',
  recognises: (template) => template.includes(MARKS.open) && template.includes(CALL),
  thinking: { open: '<|channel>thought', close: '<channel|>', later: 'dropped' },
  stray: ['<|channel>', '<channel|>'],
  tools: pairsTools(MARKS),
};

const RESULT_OPEN = '<start_function_response>';

/** FunctionGemma: the same calls with other marks. After them, models begin the result. */
export const functionGemma: ChatFormat = {
  name: 'functiongemma',
  recognises: (template) => template.includes(FUNCTION_MARKS.open),
  stray: [RESULT_OPEN],
  tools: { ...pairsTools(FUNCTION_MARKS), resultOpen: RESULT_OPEN },
};

function pairsTools({ open, close, quote }: PairMarks): ToolSyntax {
  return {
    triggers: [open],
    closings: [close],
    *read(source, tools) {
      yield* source.skipSpace();
      yield* source.take(CALL, ':');
      const called = yield* takeTool(source, tools, '{');
      if (called === undefined) return false;
      yield { type: 'call-start', name: called.tool.name };
      if (!(yield* readPairs(source, quote))) return true;
      yield { type: 'call-end' };
      yield* takeClosing(source, close);
      return true;
    },
    grammar(tools, rules) {
      const calls = tools.map(({ name, inputSchema }) => {
        const input = new PairsGrammar(rules, inputSchema, quote).define(inputSchema, name);
        return rules.define(`call-${name}`, `${literal(name)} ${input}`);
      });
      return `${literal(CALL)} ${oneOf(calls)} ${literal(close)}`;
    },
  };
}
