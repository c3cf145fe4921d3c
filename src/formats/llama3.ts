import type { CallableTool, ChatFormat, ToolSyntax } from './format.ts';
import { literal, oneOf } from '../grammar/gbnf.ts';
import type { GrammarRules } from '../grammar/gbnf.ts';
import type { Reading, Source } from './shared/reader.ts';
import { defineJsonCall, defineSpace, memberKey, restOfCall } from './shared/call-list.ts';
import { readName } from './shared/calls.ts';
import { readJsonCall, readNamedCall } from './shared/json-calls.ts';
import type { JsonCallKeys } from './shared/json-calls.ts';
import { readPythonArguments } from './shared/python-arguments.ts';
import { definePythonCall } from './shared/python-grammar.ts';

const PYTHON = '<|python_tag|>';
const FORCED = '{"name": "';
const KEYS = { name: 'name', input: ['parameters', 'arguments'] } as const;
/** Same keys for a call without a mark that distinguishes it from other JSON. */
export const BARE_KEYS = { ...KEYS, isBare: true } as const;
const MEMBERS = { name: 'name', input: 'parameters' } as const;

/** Beginnings of a call's object, up to the name. */
const STARTS = [
  '{"name": ',
  '{"name":',
  '{"type": "function", "name": ',
  '{\n  "name": ',
  '{\n    "name": ',
] as const;

export const llama3Tools: ToolSyntax = {
  triggers: [PYTHON],
  triggersAtStart: jsonCallStarts,
  forced: FORCED,
  read: (source, tools, trigger) => readCalls(source, tools, trigger, KEYS),
  grammar(tools, rules, { trigger, parallel }) {
    return `${firstCall(tools, rules, trigger)} ${parallel ? furtherCalls(rules, tools) : ''}`;
  },
};

/**
 * Llama 3.1 to 3.3. A call is the complete answer, `{"name": …, "parameters": {…}}`, or follows
 * `<|python_tag|>`, also as `name.call(key="value")`. Semicolons separate several calls.
 */
export const llama3: ChatFormat = {
  name: 'llama3',
  recognises: (template) =>
    template.includes('<|start_header_id|>ipython') && template.includes('"parameters": '),
  tools: llama3Tools,
};

/** The same calls in the text of a server. */
export const leakedLlama3: Omit<ToolSyntax, 'grammar'> = {
  triggers: [PYTHON],
  triggersAtStart: jsonCallStarts,
  read: (source, tools, trigger) =>
    readCalls(source, tools, trigger, trigger === PYTHON ? KEYS : BARE_KEYS),
};

/** Texts that begin a bare JSON call of one of the tools, up to the tool's name. */
export function jsonCallStarts(tools: readonly CallableTool[]): readonly string[] {
  return tools.flatMap(({ name }) => STARTS.map((start) => start + JSON.stringify(name)));
}

function* readCalls(
  source: Source,
  tools: readonly CallableTool[],
  trigger: string,
  keys: JsonCallKeys,
): Reading<boolean> {
  if (!(yield* readFirst(source, tools, trigger, keys))) return false;
  yield* readFurtherCalls(source, tools, keys);
  return true;
}

/** Reads calls after the first one, with a semicolon before each, or with nothing as Llama 4's template has it. */
function* readFurtherCalls(
  source: Source,
  tools: readonly CallableTool[],
  keys: JsonCallKeys,
): Reading {
  for (;;) {
    const place = source.place;
    yield* source.skipSpace();
    yield* source.take(';');
    if (yield* readJsonCall(source, tools, keys)) continue;
    if (!source.starved) source.rewind(place);
    return;
  }
}

/** Reads one call in marks, and further calls. */
export function* readMarkedCalls(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  if (!(yield* readJsonCall(source, tools, KEYS))) return false;
  yield* readFurtherCalls(source, tools, KEYS);
  return true;
}

function* readFirst(
  source: Source,
  tools: readonly CallableTool[],
  trigger: string,
  keys: JsonCallKeys,
): Reading<boolean> {
  if (trigger === PYTHON) {
    yield* source.skipSpace();
    if (source.rest.startsWith('{')) return yield* readJsonCall(source, tools, keys);
  }
  const named = tools.find(({ name }) => trigger.endsWith(JSON.stringify(name)));
  const name = named?.name ?? (yield* readName(source));
  const tool = named ?? tools.find((one) => one.name === name);
  if (tool === undefined) return false;
  if (trigger === PYTHON) {
    if ((yield* source.take('.call(')) === undefined) return false;
    return yield* readPythonArguments(source, name);
  }
  if (named === undefined && (yield* source.take('"')) === undefined) return false;
  return yield* readNamedCall(source, tool, keys);
}

function firstCall(tools: readonly CallableTool[], rules: GrammarRules, trigger: string): string {
  switch (trigger) {
    case PYTHON: {
      const builtIn = tools.map((tool) => definePythonCall(rules, tool, '.call('));
      return `[ \\n]? ${oneOf([defineCall(rules, tools), ...builtIn])}`;
    }
    case FORCED:
      return oneOf(
        tools.map((tool) => `${literal(`${tool.name}"`)} ${restOfCall(rules, tool, MEMBERS)}`),
      );
    default: {
      const named = tools.filter(({ name }) => trigger.endsWith(JSON.stringify(name)));
      return oneOf(named.map((tool) => restOfCall(rules, tool, MEMBERS)));
    }
  }
}

/** Expression for the calls after a first one. */
export function furtherCalls(rules: GrammarRules, tools: readonly CallableTool[]): string {
  const space = defineSpace(rules);
  return `(${space} (";" ${space})? ${defineCall(rules, tools)})*`;
}

/** Expression for a complete call, with the `type` that some models put first. */
export function defineCall(rules: GrammarRules, tools: readonly CallableTool[]): string {
  const space = defineSpace(rules);
  const before = `(${memberKey(rules, 'type')} "\\"function\\"" ${space} ",")?`;
  return defineJsonCall(rules, tools, { ...MEMBERS, before });
}
