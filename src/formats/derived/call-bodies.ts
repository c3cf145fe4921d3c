import type { CallableTool } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { defineJsonCall, defineSpace, memberKey } from '../shared/call-list.ts';
import { isCallable, readArguments, readName } from '../shared/calls.ts';
import { readJsonCall } from '../shared/json-calls.ts';
import type { JsonCallKeys } from '../shared/json-calls.ts';
import { defineParameters } from '../shared/parameter-grammar.ts';
import { readParameters } from '../shared/parameters.ts';
import { readPythonArguments } from '../shared/python-arguments.ts';
import { definePythonCall } from '../shared/python-grammar.ts';
import { readPairs } from '../shared/pairs.ts';
import { PairsGrammar } from '../shared/pairs-grammar.ts';
import type { Reading, Source } from '../shared/reader.ts';
import type { ParameterSyntax } from '../shared/parameter-syntax.ts';
import { SLOT } from './layout.ts';
import type { CallBody, OtherMember } from './layout.ts';
import { markExpression, readMark } from './mark-text.ts';

/** Keys under which models write arguments, besides the template's own. */
const INPUT_KEYS = ['arguments', 'parameters'] as const;

/** Member that models write before the name, whatever their template has. */
const TYPE: OtherMember = { key: 'type', place: 'before', value: { constant: 'function' } };

/**
 * The keys of a call's object, for its reader.
 *
 * @param isBare no mark is around the call
 */
export function jsonKeys(
  { nameKey, inputKey }: Extract<CallBody, { readonly style: 'object' }>,
  isBare: boolean,
): JsonCallKeys {
  return { name: nameKey, input: [...new Set([inputKey, ...INPUT_KEYS])], isBare };
}

/** Reads the name and the arguments of one call; false, with nothing given, if there is none. */
export function* readBody(
  source: Source,
  tools: readonly CallableTool[],
  body: CallBody,
  isBare = false,
): Reading<boolean> {
  switch (body.style) {
    case 'object':
      return yield* readJsonCall(source, tools, jsonKeys(body, isBare));
    case 'keyed':
      return yield* readKeyed(source, tools);
    default: {
      yield* source.skipSpace();
      const name = yield* readName(source);
      const tool = tools.find((one) => one.name === name);
      return tool !== undefined && (yield* readInput(source, tool, body));
    }
  }
}

/** Reads the arguments of a call whose name has been read. */
function* readInput(
  source: Source,
  tool: CallableTool,
  body: Exclude<CallBody, { readonly style: 'object' | 'keyed' }>,
): Reading<boolean> {
  switch (body.style) {
    case 'json':
      return (yield* readMark(source, body.between)) && (yield* readArguments(source, tool.name));
    case 'python':
      if ((yield* source.take('(')) === undefined) return false;
      return yield* readPythonArguments(source, tool.name);
    case 'pairs':
      yield* source.skipSpace();
      if ((yield* source.take('{')) === undefined) return false;
      yield { type: 'call-start', name: tool.name };
      if (yield* readPairs(source, body.quote)) yield { type: 'call-end' };
      return true;
    case 'parameters':
      if (!(yield* readMark(source, body.nameEnd))) return false;
      yield { type: 'call-start', name: tool.name };
      yield* readParameters(source, tool, parametersOf(body, tool));
      return true;
    default:
      return body satisfies never;
  }
}

/** The syntax of a tool's arguments: the mark at their end may repeat its name. */
function parametersOf(
  { parameters }: Extract<CallBody, { readonly style: 'parameters' }>,
  { name }: CallableTool,
): ParameterSyntax {
  return { ...parameters, end: parameters.end.replaceAll(SLOT.name, name) };
}

/** A call that is an object with the tool's name as its only key. */
function* readKeyed(source: Source, tools: readonly CallableTool[]): Reading<boolean> {
  if (!(yield* readMark(source, '{')) || !(yield* readMark(source, '"'))) return false;
  const name = yield* readName(source);
  if (!isCallable(name, tools) || (yield* source.take('"')) === undefined) return false;
  if (!(yield* readMark(source, ':')) || !(yield* readArguments(source, name))) return false;
  yield* readMark(source, '}');
  return true;
}

/** The expression of one call of any of the tools. */
export function bodyExpression(
  rules: GrammarRules,
  tools: readonly CallableTool[],
  body: CallBody,
): string {
  const space = defineSpace(rules);
  switch (body.style) {
    case 'object':
      return defineJsonCall(rules, tools, objectMembers(rules, body));
    case 'keyed': {
      const members = tools.map(
        ({ name, inputSchema }) => `${memberKey(rules, name)} ${defineSchema(rules, inputSchema)}`,
      );
      return rules.define('call', `"{" ${space} ${oneOf(members)} ${space} "}"`);
    }
    case 'python':
      return rules.define('call', oneOf(tools.map((tool) => definePythonCall(rules, tool))));
    default: {
      const calls = tools.map((tool) =>
        rules.define(
          `call-${tool.name}`,
          `${literal(tool.name)} ${inputExpression(rules, tool, body)}`,
        ),
      );
      return rules.define('call', oneOf(calls));
    }
  }
}

/** The expression of the arguments of a call, after its name. */
function inputExpression(
  rules: GrammarRules,
  tool: CallableTool,
  body: Extract<CallBody, { readonly style: 'json' | 'pairs' | 'parameters' }>,
): string {
  const { name, inputSchema } = tool;
  switch (body.style) {
    case 'json':
      return `${markExpression(rules, body.between)} ${defineSchema(rules, inputSchema)}`;
    case 'pairs':
      return new PairsGrammar(rules, inputSchema, body.quote).define(inputSchema, name);
    case 'parameters': {
      const { nameEnd } = body;
      const parameters = parametersOf(body, tool);
      const written = defineParameters(rules, tool, parameters);
      const end = `${defineSpace(rules)} ${literal(parameters.end)}`;
      return `${markExpression(rules, nameEnd)} ${written} ${end}`;
    }
    default:
      return body satisfies never;
  }
}

/** The keys of a call's object, for its grammar. */
export function objectMembers(
  rules: GrammarRules,
  { nameKey, inputKey, others, isInputFirst }: Extract<CallBody, { readonly style: 'object' }>,
) {
  const space = defineSpace(rules);
  const known = others.some(({ key }) => key === TYPE.key) ? others : [TYPE, ...others];
  const at = (place: OtherMember['place']) => known.filter((member) => member.place === place);
  const before = at('before').map(
    (member) => `(${otherMember(rules, member)} ${space} "," ${space})?`,
  );
  const after = at('after').map(
    (member) => `(${space} "," ${space} ${otherMember(rules, member)})?`,
  );
  return {
    name: nameKey,
    input: inputKey,
    before: before.join(' '),
    after: after.join(' '),
    ...(isInputFirst && { isInputFirst }),
  };
}

function otherMember(rules: GrammarRules, { key, value }: OtherMember): string {
  return `${memberKey(rules, key)} ${otherValue(value)}`;
}

function otherValue(value: OtherMember['value']): string {
  if ('constant' in value) return literal(JSON.stringify(value.constant));
  return value.slot === 'id'
    ? String.raw`"\"" [a-zA-Z0-9_-]{1,64} "\""`
    : String.raw`"\""? [0-9]{1,4} "\""?`;
}
