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
import { closingOf, followingMarks } from './parameter-syntax.ts';
import type { ParameterSyntax, ValueKind } from './parameter-syntax.ts';

/** Expression for the arguments of a tool, without their end. */
export function defineParameters(
  rules: GrammarRules,
  tool: CallableTool,
  syntax: ParameterSyntax,
): string {
  if (takesAnything(tool)) {
    const name = '[a-zA-Z0-9_-]+';
    const value = syntax.strings === 'json' ? defineSchema(rules, {}) : anyText(rules, syntax);
    const one = rules.define(
      'any-parameter',
      oneOf(syntax.nameEnds.map(({ mark }) => enclosed(name, mark, value, syntax))),
    );
    return between(syntax) === '' ? `${one}*` : `(${one} (${between(syntax)} ${one})*)?`;
  }
  const parameters = parametersOf(tool).map((parameter) => {
    const body = oneOf(valueWays(rules, tool, parameter, syntax));
    const rule = rules.define(`${tool.name}-${parameter.name}`, body);
    return { rule, required: parameter.required };
  });
  return inAnyOrder(rules, `${tool.name}-arguments`, parameters, between(syntax));
}

/** Expressions for one argument, by the possible forms of its value. */
function valueWays(
  rules: GrammarRules,
  tool: CallableTool,
  parameter: Parameter,
  syntax: ParameterSyntax,
): readonly string[] {
  const closed = closingOf(syntax, parameter.name);
  const text = anyText(rules, closed);
  const values = parameter.schemas.flatMap((schema) =>
    schemaValues(rules, tool, schema, { syntax, text }),
  );
  return syntax.nameEnds.flatMap(({ mark, kind }) => {
    const fitting = values.filter((value) => kind === undefined || value.kind === kind);
    // Any text includes the texts of other values, unless text is in marks of its own.
    const all =
      closed.quote?.always !== true && fitting.some(({ expression }) => expression === text)
        ? [{ kind: 'text', expression: text } as const]
        : fitting;
    const expressions = [
      ...new Set(all.flatMap((value) => quotedWays(rules, value, text, closed))),
    ];
    return expressions.length === 0
      ? []
      : [enclosed(literal(parameter.name), mark, oneOf(expressions), syntax)];
  });
}

/**
 * Expressions for a value: texts are in quotes too if the syntax has them.
 *
 * @param text expression for any text
 */
function quotedWays(
  rules: GrammarRules,
  { kind, expression }: ValueExpression,
  text: string,
  { quote, close }: ParameterSyntax,
): readonly string[] {
  if (quote === undefined || kind === 'json') return [expression];
  const inside = expression === text ? textWithout(rules, quote.close + close) : expression;
  const quoted = `${literal(quote.open)} ${inside} ${literal(quote.close)}`;
  return quote.always ? [quoted] : [expression, quoted];
}

/** Any text up to the end of a value. */
function anyText(rules: GrammarRules, syntax: ParameterSyntax): string {
  const marks = syntax.close === '' ? followingMarks(syntax) : [syntax.close];
  return textWithout(rules, ...marks);
}

/** Expression for the text between two arguments, if it is required. */
function between({ separator }: ParameterSyntax): string {
  return /^\n?$/.test(separator) ? '' : literal(separator);
}

interface ValueExpression {
  readonly kind: ValueKind;
  readonly expression: string;
}

function schemaValues(
  rules: GrammarRules,
  tool: CallableTool,
  schema: JsonObject,
  { syntax, text }: { readonly syntax: ParameterSyntax; readonly text: string },
): readonly ValueExpression[] {
  if (syntax.strings === 'json') {
    return [
      { kind: 'json', expression: defineSchema(rules, standalone(schema, tool.inputSchema)) },
    ];
  }
  const anything: ValueExpression = { kind: 'text', expression: text };
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
  if (types !== undefined && others.length === 0) return [anything];
  if (syntax.itemName !== undefined) {
    const nested = new NestedGrammar(rules, tool.inputSchema, syntax);
    return [{ kind: 'json', expression: nested.define(schema, tool.name) }];
  }
  if (types === undefined) return [anything, { kind: 'json', expression: defineSchema(rules, {}) }];
  const json = types.has('string') ? { ...schema, type: others } : schema;
  const expression = defineSchema(rules, standalone(json, tool.inputSchema));
  return [...(types.has('string') ? [anything] : []), { kind: 'json', expression }];
}

function enclosed(name: string, nameEnd: string, value: string, syntax: ParameterSyntax): string {
  const { open, layout, close, closeEnd, separator } = syntax;
  const repeated = closeEnd === undefined ? '' : ` ${name} ${literal(closeEnd)}`;
  const following = separator === '\n' ? ` ${literal(separator)}?` : '';
  return `${literal(open)} ${name} ${literal(nameEnd + layout)} ${value} ${literal(layout + close)}${repeated}${following}`;
}
