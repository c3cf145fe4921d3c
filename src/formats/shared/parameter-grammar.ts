import type { JsonObject } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { textWithout } from '../../grammar/text-without.ts';
import { NestedGrammar } from './nested-grammar.ts';
import {
  listedValues,
  parametersOf,
  standalone,
  takesAnything,
  typesOf,
} from './parameter-schemas.ts';
import type { Parameter } from './parameter-schemas.ts';
import type { ParameterSyntax, ValueKind } from './parameter-syntax.ts';

/** Limit of parameters that may be in any order, since each subset of them needs a rule. */
const MOST_UNORDERED = 7;

/**
 * Expression for the arguments of a tool, without their end: all required ones, and any of the others, each once.
 * They may be in any order. Of more than `MOST_UNORDERED`, only the required ones may, between the others.
 */
export function defineParameters(
  rules: GrammarRules,
  tool: CallableTool,
  syntax: ParameterSyntax,
): string {
  if (takesAnything(tool)) {
    const name = '[a-zA-Z0-9_-]+';
    const body = syntax.nameEnds.map(({ mark }) =>
      enclosed(name, mark, textWithout(rules, syntax.close), syntax),
    );
    return `${rules.define('any-parameter', oneOf(body))}*`;
  }
  const parameters = parametersOf(tool).map((parameter) => {
    const body = oneOf(valueWays(rules, tool, parameter, syntax));
    const rule = rules.define(`${tool.name}-${parameter.name}`, body);
    return { rule, required: parameter.required };
  });
  return anyOrder(rules, `${tool.name}-arguments`, parameters);
}

interface Argument {
  readonly rule: string;
  readonly required: boolean;
}

/** Expression for arguments, with a rule for each set of those that may still follow. */
function anyOrder(rules: GrammarRules, name: string, all: readonly Argument[]): string {
  const required = all.filter((argument) => argument.required).length;
  const known = new Map<string, string>();
  const rest = (left: readonly Argument[]): string => {
    if (left.length === 0) return '';
    const key = left.map(({ rule }) => rule).join(' ');
    const found = known.get(key);
    if (found !== undefined) return found;
    const first = left.findIndex((argument) => argument.required);
    const next = required > MOST_UNORDERED && first !== -1 ? left.slice(0, first + 1) : left;
    const ways = next.map((one) => `${one.rule} ${rest(left.filter(follows(one)))}`);
    const defined = rules.define(name, `(${ways.join(' | ')})${first === -1 ? '?' : ''}`);
    known.set(key, defined);
    return defined;
  };
  /** Returns the test if an argument may be anywhere after this one. */
  const follows = (last: Argument) => (next: Argument) => {
    const isMovable = required <= MOST_UNORDERED && (next.required || last.required);
    const isFree = isMovable || all.length <= MOST_UNORDERED;
    return next !== last && (isFree || all.indexOf(next) > all.indexOf(last));
  };
  return rest(all);
}

/** Expressions for one argument, by the possible forms of its value. */
function valueWays(
  rules: GrammarRules,
  tool: CallableTool,
  parameter: Parameter,
  syntax: ParameterSyntax,
): readonly string[] {
  const values = parameter.schemas.flatMap((schema) => schemaValues(rules, tool, schema, syntax));
  return syntax.nameEnds.flatMap(({ mark, kind }) => {
    const fitting = values.filter((value) => kind === undefined || value.kind === kind);
    const all = new Set(fitting.map(({ expression }) => expression));
    const anyText = textWithout(rules, syntax.close);
    const expressions = all.has(anyText) ? [anyText, ...quotedText(rules, syntax)] : [...all];
    return expressions.length === 0
      ? []
      : [enclosed(literal(parameter.name), mark, oneOf(expressions), syntax)];
  });
}

/** Expression for text that may contain the closing mark of a parameter, if the syntax has quotes for it. */
function quotedText(rules: GrammarRules, { quote }: ParameterSyntax): readonly string[] {
  if (quote === undefined) return [];
  return [`${literal(quote.open)} ${textWithout(rules, quote.close)} ${literal(quote.close)}`];
}

interface ValueExpression {
  readonly kind: ValueKind;
  readonly expression: string;
}

function schemaValues(
  rules: GrammarRules,
  tool: CallableTool,
  schema: JsonObject,
  syntax: ParameterSyntax,
): readonly ValueExpression[] {
  const text: ValueExpression = { kind: 'text', expression: textWithout(rules, syntax.close) };
  const listed = listedValues(schema);
  if (listed !== undefined) {
    return listed.map((value) =>
      typeof value === 'string'
        ? { kind: 'text', expression: literal(value) }
        : { kind: 'json', expression: literal(JSON.stringify(value)) },
    );
  }
  const types = typesOf([schema]);
  const others = types === undefined ? [] : [...types].filter((type) => type !== 'string');
  if (types !== undefined && others.length === 0) return [text];
  if (syntax.itemName !== undefined) {
    const nested = new NestedGrammar(rules, tool.inputSchema, syntax);
    return [{ kind: 'json', expression: nested.define(schema, tool.name) }];
  }
  if (types === undefined) return [text, { kind: 'json', expression: defineSchema(rules, {}) }];
  const json = types.has('string') ? { ...schema, type: others } : schema;
  const expression = defineSchema(rules, standalone(json, tool.inputSchema));
  return [...(types.has('string') ? [text] : []), { kind: 'json', expression }];
}

function enclosed(name: string, nameEnd: string, value: string, syntax: ParameterSyntax): string {
  const { open, layout, close, closeEnd, separator } = syntax;
  const repeated = closeEnd === undefined ? '' : ` ${name} ${literal(closeEnd)}`;
  const following = separator === '' ? '' : ` ${literal(separator)}?`;
  return `${literal(open)} ${name} ${literal(nameEnd + layout)} ${value} ${literal(layout + close)}${repeated}${following}`;
}
