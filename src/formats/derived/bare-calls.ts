import type { CallableTool, ToolSyntax } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { defineSpace, listOf, readCallList, restOfCall } from '../shared/call-list.ts';
import { readArguments, readName, takeTool } from '../shared/calls.ts';
import { readNamedCall } from '../shared/json-calls.ts';
import { readPythonArguments } from '../shared/python-arguments.ts';
import { definePythonCall } from '../shared/python-grammar.ts';
import type { Reading, Source } from '../shared/reader.ts';
import { bodyExpression, jsonKeys, objectMembers, readBody } from './call-bodies.ts';
import { furtherExpression, readFurther } from './call-sequence.ts';
import type { CallBody, CallLayout } from './layout.ts';
import { closingExpression, markExpression, readClosing, readMark } from './mark-text.ts';
import { counterpartAmong, isCallToken } from './named-tags.ts';
import { isDistinct } from './triggers.ts';

/** Marks that models write before a bare list of calls, whatever their template has, and what closes them. */
const LIST_MARKS = [
  ['[TOOL_CALLS]', ''],
  ['<tool_call>', '</tool_call>'],
] as const;

/** Beginning of a code fence that a bare list of calls may be in, as the whole answer. */
const FENCE = '```json\n';

/** Text between name and arguments of a Python call after a token. */
const METHOD = '.call(';

/**
 * Calls that are the whole answer, such as a bare `{"name": "search", …}` or `[search(…)]`: only
 * the name of a tool distinguishes them from other text.
 *
 * @param named tokens that the template's source names; models write some of them around calls
 */
export function bareTools(calls: CallLayout, named: readonly string[]): ToolSyntax {
  const { section, call, separator, body } = calls;
  const opening = (section.open + call.open).trimStart();
  const beginning = opening + forcedStart(body);
  const isList = body.style === 'object' && opening === '[';
  const ends = new Map<string, string>(isList ? LIST_MARKS : []);
  for (const token of named.filter(isCallToken)) {
    ends.set(token, counterpartAmong(named, token) ?? '');
  }
  const tokens = [...ends.keys()];
  const starts = ({ name }: CallableTool) => {
    const bare = startsOf(body, name).map((start) => opening + start);
    return isList ? [...bare, ...bare.map((start) => FENCE + start)] : bare;
  };
  return {
    triggers: [...(isDistinct(separator) ? [separator] : []), ...tokens],
    triggersAtStart: (tools) => tools.flatMap(starts),
    forced: beginning,
    *read(source, tools, trigger) {
      const readFirst = () => {
        if (tokens.includes(trigger)) {
          return readAfterToken(source, tools, calls, ends.get(trigger) ?? '');
        }
        if (trigger === beginning) return readForced(source, tools, body);
        return readWhole(source, tools, calls, trigger);
      };
      if (!(yield* readFirst())) return false;
      yield* readFurther(source, tools, calls, true);
      yield* readClosing(source, trigger.startsWith(FENCE) ? '```' : (ends.get(trigger) ?? ''));
      return true;
    },
    grammar(tools, rules, { trigger, parallel }) {
      if (tokens.includes(trigger)) {
        const end = closingExpression(rules, ends.get(trigger) ?? '');
        const first = end === '' ? '' : `(${end})?`;
        return `${first} ${afterTokenExpression(rules, tools, calls, parallel)} ${end}`;
      }
      const begun = tools.filter((tool) => starts(tool).includes(trigger));
      const rest = begun.map((tool) => restExpression(rules, tool, body));
      const first =
        trigger === beginning
          ? forcedExpression(rules, tools, body)
          : `${markExpression(rules, call.open)} ${bodyExpression(rules, tools, body)}`;
      const further = furtherExpression(rules, tools, calls, { parallel, isBare: true });
      const end = trigger.startsWith(FENCE) ? `${defineSpace(rules)} "\`\`\`"` : '';
      return `${rest.length > 0 ? oneOf(rest) : first} ${further} ${end}`;
    },
  };
}

/** Beginnings of a call, up to the name of its tool. */
function startsOf(body: CallBody, name: string): readonly string[] {
  const quoted = JSON.stringify(name);
  switch (body.style) {
    case 'object': {
      const key = JSON.stringify(body.nameKey);
      const typed = `{"type": "function", ${key}: `;
      const leads = [body.lead, `{${key}: `, `{${key}:`, `{\n  ${key}: `, `{\n    ${key}: `, typed];
      return [...new Set(leads)].map((lead) => lead + quoted);
    }
    case 'keyed':
      return [`{${quoted}:`];
    case 'python':
      return [`${name}(`];
    case 'json':
      return [name + body.between];
    default:
      return [];
  }
}

/** Beginning of a demanded call before its name. */
function forcedStart(body: CallBody): string {
  if (body.style === 'object') return `${body.lead}"`;
  return body.style === 'keyed' ? '{"' : '';
}

/** Reads a call whose start was a trigger. */
function* readWhole(
  source: Source,
  tools: readonly CallableTool[],
  { section, call, separator, body }: CallLayout,
  trigger: string,
): Reading<boolean> {
  const opening = trigger === separator ? call.open : section.open + call.open;
  const skipped = trigger.startsWith(FENCE) ? FENCE.length : 0;
  if (trigger !== separator) source.rewind(source.place - trigger.length + skipped);
  return (yield* readMark(source, opening)) && (yield* readBody(source, tools, body, true));
}

/**
 * Reads calls after a token: in the template's layout, or as Python calls, such as `name.call(key=value)` or a list in
 * brackets.
 *
 * @param end token that some models write right after the first one
 */
function* readAfterToken(
  source: Source,
  tools: readonly CallableTool[],
  { section, call, body }: CallLayout,
  end: string,
): Reading<boolean> {
  yield* readClosing(source, end);
  const place = source.place;
  const opened = yield* readMark(source, section.open + call.open);
  if (opened && (yield* readBody(source, tools, body))) return true;
  source.rewind(place);
  return yield* readCallList(source, function* readPython() {
    const called = yield* takeTool(source, tools, '(', METHOD);
    return called !== undefined && (yield* readPythonArguments(source, called.tool.name));
  });
}

function afterTokenExpression(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  calls: CallLayout,
  parallel: boolean,
): string {
  const { section, call, body } = calls;
  const opening = markExpression(rules, section.open + call.open);
  const further = furtherExpression(rules, tools, calls, { parallel, isBare: true });
  const own = `${opening} ${bodyExpression(rules, tools, body)} ${further}`;
  const methods = tools.map((tool) => definePythonCall(rules, tool, METHOD));
  const list = listOf(rules, oneOf(tools.map((tool) => definePythonCall(rules, tool))), parallel);
  return `${defineSpace(rules)} ${oneOf([own, ...methods, list])}`;
}

/** Reads a call whose beginning is in the prompt. */
function* readForced(
  source: Source,
  tools: readonly CallableTool[],
  body: CallBody,
): Reading<boolean> {
  if (body.style !== 'object' && body.style !== 'keyed') {
    return yield* readBody(source, tools, body);
  }
  const name = yield* readName(source);
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined || (yield* source.take('"')) === undefined) return false;
  if (body.style === 'object') {
    return yield* readNamedCall(source, tool, jsonKeys(body, true));
  }
  if (!(yield* readMark(source, ':')) || !(yield* readArguments(source, name))) return false;
  yield* readMark(source, '}');
  return true;
}

/** Expression of the rest of a tool's call, after its beginning. */
function restExpression(rules: GrammarRules, tool: CallableTool, body: CallBody): string {
  const input = () => defineSchema(rules, tool.inputSchema);
  const space = defineSpace(rules);
  switch (body.style) {
    case 'object':
      return restOfCall(rules, tool, objectMembers(rules, body));
    case 'keyed':
      return `${space} ${input()} ${space} "}"`;
    case 'python':
      return definePythonCall(rules, { ...tool, name: '' }, '');
    default:
      return input();
  }
}

function forcedExpression(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  body: CallBody,
): string {
  if (body.style !== 'object' && body.style !== 'keyed') return bodyExpression(rules, tools, body);
  const colon = body.style === 'keyed' ? ' ":"' : '';
  return oneOf(
    tools.map((tool) => `${literal(`${tool.name}"`)}${colon} ${restExpression(rules, tool, body)}`),
  );
}
