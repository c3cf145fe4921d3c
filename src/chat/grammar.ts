import { messageOf } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';
import type { GrammarRules } from './gbnf.ts';
import { SchemaCompiler } from './grammar/compiler.ts';
import { object, value } from './grammar/json.ts';
import { References } from './grammar/references.ts';

/**
 * Adds the rules of a JSON Schema to a grammar, and gives the expression for a value that is valid
 * against it. Keywords that a grammar can't hold, such as `not` or `uniqueItems`, are left out: the
 * grammar admits more then. Known properties come in the schema's order, and no others where the schema
 * does not say so. A schema that can't be compiled stands for any JSON object; the rules' `onDegraded`
 * is told what is not as the schema has it. It never throws.
 */
export function defineSchema(rules: GrammarRules, schema: JsonObject): string {
  const known = defined.get(rules) ?? new WeakMap<JsonObject, string>();
  defined.set(rules, known);
  const expression = known.get(schema) ?? compileWhole(rules, schema);
  known.set(schema, expression);
  return expression;
}

/** The expressions of each grammar's schemas: a family may write the same arguments in two ways. */
const defined = new WeakMap<GrammarRules, WeakMap<JsonObject, string>>();

function compileWhole(rules: GrammarRules, schema: JsonObject): string {
  const references = new References(schema);
  const expression = compile(rules, schema, references);
  const { dangling } = references;
  if (dangling.length > 0)
    rules.onDegraded(`nothing is at ${dangling.join(', ')}, so any value is there`);
  return dangling.length > 0 && expression === value(rules) ? object(rules) : expression;
}

function compile(rules: GrammarRules, schema: JsonObject, references: References): string {
  const place = { name: 'input', depth: 0, forcedBy: new Set<string>() };
  try {
    const compiler = new SchemaCompiler(rules, references);
    const expression = rules.attempt(() => compiler.compile([schema], place));
    if (expression !== undefined) return expression;
    rules.onDegraded('no value is valid against it, so that any JSON object is taken');
  } catch (error) {
    rules.onDegraded(`${messageOf(error)}, so that any JSON object is taken`);
  }
  return object(rules);
}
