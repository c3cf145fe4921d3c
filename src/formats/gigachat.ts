import type { ChatFormat, ToolSyntax } from './format.ts';
import { literal } from '../grammar/gbnf.ts';
import { defineJsonCall } from './shared/call-list.ts';
import { takeClosing } from './shared/calls.ts';
import { readJsonCall } from './shared/json-calls.ts';

const MESSAGE_END = '<|message_sep|>';
const OPEN = '<|function_call|>';
/** Start of a message with a call, after the message with the answer's text. */
const ROLE = 'function call<|role_sep|>\n';
const KEYS = { name: 'name', input: ['arguments'] } as const;

const tools: ToolSyntax = {
  triggers: [OPEN],
  *read(source, callable) {
    if (!(yield* readJsonCall(source, callable, KEYS))) return false;
    yield* takeClosing(source, MESSAGE_END);
    return true;
  },
  grammar(callable, rules) {
    const call = defineJsonCall(rules, callable, { name: 'name', input: 'arguments' });
    // Optional, since the mark may be an end-of-turn token, which no grammar can require.
    return `[ \\n]? ${call} ${literal(MESSAGE_END)}?`;
  },
};

/** GigaChat 3.1: one call after the text of an answer, `<|function_call|>{"name": …, "arguments": {…}}`. */
export const gigachat31: ChatFormat = {
  name: 'gigachat-3.1',
  recognises: (template) => template.includes('<|role_sep|>') && template.includes(OPEN),
  answer: { open: '', close: MESSAGE_END, always: true },
  tools,
};

/** GigaChat 3.0: the same call in a message of its own, with the role `function call`. */
export const gigachat30: ChatFormat = {
  ...gigachat31,
  name: 'gigachat-3.0',
  recognises: (template) =>
    template.includes('<|role_sep|>') && template.includes("'role': 'function call'"),
  tools: {
    ...tools,
    triggers: [],
    triggersAtStart: () => [ROLE],
    forced: `${MESSAGE_END}\n\n${ROLE}`,
  },
};
