import type { JsonObject } from '../core/json.ts';
import type { GrammarRules } from './gbnf.ts';

/**
 * Adds the rules of a JSON Schema to a grammar, and gives the expression for a value that is valid
 * against it.
 */
export function defineSchema(rules: GrammarRules, _schema: JsonObject): string {
  return rules.define('object', '"{" [^}]* "}"');
}
