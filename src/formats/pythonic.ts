import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import { listOf, readCallList, restOfList } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readPythonCall } from './shared/python-arguments.ts';
import { definePythonCall } from './shared/python-grammar.ts';
import { writePythonCall } from './shared/python-literals.ts';

/** Marks of Llama 4 around calls. */
const OPEN = '<|python_start|>';
const CLOSE = '<|python_end|>';
const LIST = '[';

export const pythonicTools: ToolSyntax = {
  triggers: [OPEN],
  closings: [CLOSE],
  triggersAtStart: (tools) => tools.map(startOf),
  forced: LIST,
  *read(source, tools, trigger) {
    const isBare = trigger.startsWith(LIST);
    if (isBare) source.rewind(source.place - trigger.length + LIST.length);
    if (!(yield* readCallList(source, () => readPythonCall(source, tools), isBare))) return false;
    yield* takeClosing(source, CLOSE);
    return true;
  },
  grammar(tools, rules, { trigger, parallel }) {
    const call = rules.define('call', oneOf(tools.map((tool) => definePythonCall(rules, tool))));
    if (trigger === OPEN) return `${listOf(rules, call, parallel)} ${literal(CLOSE)}`;
    const first = trigger === LIST ? call : restOfFirst(tools, rules, trigger);
    return `${restOfList(rules, first, parallel, call)} ${literal(CLOSE)}?`;
  },
  write(calls) {
    return `[${calls.map(({ name, input }) => writePythonCall(name, input)).join(', ')}]`;
  },
  writesAlways: true,
};

/**
 * Pythonic templates of Llama 3.2, Llama 4, Gemma 3 and ToolACE: calls are a Python list that is the complete
 * answer, `[name(key="value", n=3), …]`. Most of the templates write the strings of past calls
 * without quotes, or all values with them.
 */
export const pythonic: ChatFormat = {
  name: 'pythonic',
  recognises: (template) => template.includes('[func_name1('),
  tools: pythonicTools,
};

/** Beginning of a list whose first call is of this tool. */
function startOf({ name }: CallableTool): string {
  return `${LIST}${name}(`;
}

/** Expression of the first call after its beginning. */
function restOfFirst(tools: readonly CallableTool[], rules: GrammarRules, trigger: string): string {
  const begun = tools.filter((tool) => startOf(tool) === trigger);
  return oneOf(begun.map((tool) => definePythonCall(rules, { ...tool, name: '' }, '')));
}
