import type { JsonObject } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { textWithout } from '../../grammar/text-without.ts';
import { inAnyOrder } from './parameter-order.ts';
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

/** Expression for the arguments of a tool, without their end. */
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
  return inAnyOrder(rules, `${tool.name}-arguments`, parameters);
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
