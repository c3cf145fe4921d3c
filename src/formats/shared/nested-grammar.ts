import type { JsonObject, JsonType, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { textWithout } from '../../grammar/text-without.ts';
import { requiredOf } from './parameter-schemas.ts';
import { ValueGrammar } from './value-grammar.ts';
import type { ParameterSyntax } from './parameter-syntax.ts';

/** Writes the grammar of values with values inside, each in marks, for the schemas of one tool. */
export class NestedGrammar extends ValueGrammar {
  readonly #syntax: ParameterSyntax;

  constructor(rules: GrammarRules, document: JsonObject, syntax: ParameterSyntax) {
    super(rules, document);
    this.#syntax = syntax;
  }

  protected textOf(value: JsonValue): string {
    return typeof value === 'string' ? value : JSON.stringify(value);
  }

  protected anyWays(): readonly string[] {
    return [this.#text(), this.#members()];
  }

  protected typed(type: JsonType, schema: JsonObject, wanted: string): string {
    switch (type) {
      case 'string':
        return this.#text();
      case 'object':
        return this.#object(schema, wanted);
      case 'array': {
        const item = this.define(schema['items'] ?? true, `${wanted}-item`);
        return `(${this.#enclosed(literal(this.#syntax.itemName ?? ''), item)})*`;
      }
      case 'integer':
      case 'number':
      case 'boolean':
      case 'null':
        return defineSchema(this.rules, { ...schema, type });
      default:
        return type satisfies never;
    }
  }

  /** Expression for an object with its properties in the order of the schema. */
  #object(schema: JsonObject, wanted: string): string {
    const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
    const required = requiredOf(schema);
    const names = [...new Set([...Object.keys(properties), ...required])];
    if (names.length === 0) return this.#members();
    const members = names.map((name) => {
      const value = this.define(properties[name] ?? true, `${wanted}-${name}`);
      const member = this.#enclosed(literal(name), value);
      return required.includes(name) ? member : `(${member})?`;
    });
    return members.join(' ');
  }

  /** Expression for members of any name. */
  #members(): string {
    return `(${this.#enclosed('[a-zA-Z0-9_-]+', this.anything())})*`;
  }

  #text(): string {
    return textWithout(this.rules, this.#syntax.close);
  }

  #enclosed(name: string, value: string): string {
    const { open, nameEnds, close, closeEnd = '' } = this.#syntax;
    return `${literal(open)} ${name} ${literal(nameEnds[0]?.mark ?? '')} ${value} ${literal(close)} ${name} ${literal(closeEnd)}`;
  }
}
