import type { JsonObject, JsonType, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { textWithout } from '../../grammar/text-without.ts';
import { alternativesOf, listedValues, ownTypes, requiredOf } from './parameter-schemas.ts';
import type { ParameterSyntax } from './parameter-syntax.ts';

/** Writes the grammar of values with values inside, each in marks, for the schemas of one tool. */
export class NestedGrammar {
  readonly #rules: GrammarRules;
  readonly #document: JsonObject;
  readonly #syntax: ParameterSyntax;
  /** Rules of finished and current schemas, since schemas may be recursive. */
  readonly #names = new Map<JsonValue, string>();
  #any: string | undefined;

  constructor(rules: GrammarRules, document: JsonObject, syntax: ParameterSyntax) {
    this.#rules = rules;
    this.#document = document;
    this.#syntax = syntax;
  }

  /** Defines a rule for the values of a schema, and returns its name. */
  define(schema: JsonValue, wanted: string): string {
    if (!isJsonObject(schema)) return this.#anything();
    const known = this.#names.get(schema);
    if (known !== undefined) return known;
    const name = this.#rules.reserve(`${wanted}-value`);
    this.#names.set(schema, name);
    const ways = alternativesOf(schema, this.#document).flatMap((one) => this.#choice(one, wanted));
    this.#rules.complete(name, oneOf([...new Set(ways)]));
    return name;
  }

  #choice(schema: JsonObject, wanted: string): readonly string[] {
    const listed = listedValues(schema);
    if (listed !== undefined) {
      return listed.map((value) =>
        literal(typeof value === 'string' ? value : JSON.stringify(value)),
      );
    }
    const types = ownTypes(schema);
    if (types === undefined) return [this.#anything()];
    return types.map((type) => this.#typed(type, schema, wanted));
  }

  #typed(type: JsonType, schema: JsonObject, wanted: string): string {
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
        return defineSchema(this.#rules, { ...schema, type });
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

  #anything(): string {
    if (this.#any !== undefined) return this.#any;
    this.#any = this.#rules.reserve('any-nested');
    this.#rules.complete(this.#any, oneOf([this.#text(), this.#members()]));
    return this.#any;
  }

  /** Expression for members of any name. */
  #members(): string {
    return `(${this.#enclosed('[a-zA-Z0-9_-]+', this.#anything())})*`;
  }

  #text(): string {
    return textWithout(this.#rules, this.#syntax.close);
  }

  #enclosed(name: string, value: string): string {
    const { open, nameEnds, close, closeEnd = '' } = this.#syntax;
    return `${literal(open)} ${name} ${literal(nameEnds[0]?.mark ?? '')} ${value} ${literal(close)} ${name} ${literal(closeEnd)}`;
  }
}
