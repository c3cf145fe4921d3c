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
 * does not say so. A schema that can't be compiled stands for any JSON object; it never throws.
 *
 * @param onDegraded told why something is not as the schema has it
 */
export function defineSchema(
  rules: GrammarRules,
  schema: JsonObject,
  onDegraded?: (reason: string) => void,
): string {
  const references = new References(schema);
  const expression = compile(rules, schema, references, onDegraded);
  const { dangling } = references;
  if (dangling.length > 0)
    onDegraded?.(`nothing is at ${dangling.join(', ')}, so any value is there`);
  return dangling.length > 0 && expression === value(rules) ? object(rules) : expression;
}

function compile(
  rules: GrammarRules,
  schema: JsonObject,
  references: References,
  onDegraded: ((reason: string) => void) | undefined,
): string {
  const place = { name: 'input', depth: 0, forcedBy: new Set<string>() };
  try {
    const compiler = new SchemaCompiler(rules, references);
    const expression = rules.attempt(() => compiler.compile([schema], place));
    if (expression !== undefined) return expression;
    onDegraded?.('no value is valid against it, so that any JSON object is taken');
  } catch (error) {
    onDegraded?.(`${messageOf(error)}, so that any JSON object is taken`);
  }
  return object(rules);
}
