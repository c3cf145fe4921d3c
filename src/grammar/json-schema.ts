import { messageOf } from '../core/failure.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { pointTo } from '../core/json-pointer.ts';
import type { GrammarRules } from './gbnf.ts';
import { SchemaCompiler, SchemaFailure } from './compiler.ts';
import { object, value } from './json.ts';
import { References } from './references.ts';
import type { Schema } from './schema.ts';

/**
 * Adds the rules of a JSON Schema to a grammar, and returns the expression for a matching value.
 * Keywords that a grammar can't enforce, such as most `uniqueItems`, are left out, so the grammar accepts
 * more values. Known properties are in the schema's order, and unknown ones after them; in arguments, unknown
 * ones are accepted only if the schema mentions them. A schema that can't be compiled accepts any JSON object.
 * Each deviation is reported to the rules' `onDegraded`. Never throws.
 */
export function defineSchema(rules: GrammarRules, schema: JsonObject): string {
  const known = defined.get(rules) ?? new WeakMap<JsonObject, string>();
  defined.set(rules, known);
  const expression = known.get(schema) ?? compileWhole(rules, schema);
  known.set(schema, expression);
  return expression;
}

/** Cache of expressions by grammar and schema: a format may use the same arguments in two syntaxes. */
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

/** JSON pointer to the first of the parts inside a schema; to the schema itself if none is inside. */
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
