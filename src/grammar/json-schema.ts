import { messageOf } from '../core/failure.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { pointTo } from '../core/json-pointer.ts';
import type { GrammarRules } from './gbnf.ts';
import { SchemaCompiler, SchemaFailure } from './compiler.ts';
import { object, value } from './json.ts';
import { References } from './references.ts';
import type { Schema } from './schema.ts';

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
    rules.onDegraded(`nothing is at ${dangling.join(', ')}, so any value is there`, schema);
  return dangling.length > 0 && expression === value(rules) ? object(rules) : expression;
}

function compile(rules: GrammarRules, schema: JsonObject, references: References): string {
  const place = { name: 'input', depth: 0, forcedBy: new Set<string>() };
  const compiler = new SchemaCompiler(rules, references);
  const degrade = (reason: string, parts: readonly Schema[]): void => {
    const at = pointerTo(schema, parts);
    rules.onDegraded(`${reason} (at ${at}), so that any JSON object is taken`, schema);
  };
  try {
    const expression = rules.attempt(() => compiler.compile([schema], place));
    if (expression !== undefined) return expression;
    degrade('no value is valid against it', compiler.impossible);
  } catch (error) {
    degrade(messageOf(error), error instanceof SchemaFailure ? error.schemas : []);
  }
  return object(rules);
}

/** JSON pointer to the first of the parts of a schema; to the schema if they are not in it. */
function pointerTo(schema: JsonObject, parts: readonly Schema[]): string {
  const sought = new Set<unknown>(parts.filter((part) => typeof part === 'object'));
  const todo: (readonly [JsonValue, string])[] = [[schema, '#']];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [one, at] = next;
    if (sought.has(one)) return at;
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, inner] of Object.entries(one)) todo.push([inner, pointTo(at, key)]);
  }
  return '#';
}
