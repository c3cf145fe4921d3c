import type { JsonObject, JsonType, JsonValue } from '../../core/json.ts';
import { isJsonArray, isJsonObject } from '../../core/json.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal } from '../../grammar/gbnf.ts';
import { defineSchema } from '../../grammar/json-schema.ts';
import { textWithout } from '../../grammar/text-without.ts';
import { requiredOf } from './parameter-schemas.ts';
import { ValueGrammar } from './value-grammar.ts';

const ANY_TYPE: readonly JsonType[] = ['string', 'number', 'boolean', 'null', 'object', 'array'];

/** Writes the grammar of values in pairs, such as Gemma 4's, for the schemas of one document. */
export class PairsGrammar extends ValueGrammar {
  readonly #quote: string;

  /** @param quote text around strings */
  constructor(rules: GrammarRules, document: JsonObject, quote: string) {
    super(rules, document);
    this.#quote = quote;
  }

  protected textOf(value: JsonValue): string {
    return write(value, this.#quote);
  }

  protected anyWays(): readonly string[] {
    return ANY_TYPE.map((type) => this.typed(type, { type }, 'any'));
  }

  protected typed(type: JsonType, schema: JsonObject, wanted: string): string {
    switch (type) {
      case 'string':
        return `${literal(this.#quote)} ${textWithout(this.rules, this.#quote)} ${literal(this.#quote)}`;
      case 'object':
        return this.#object(schema, wanted);
      case 'array': {
        const item = this.define(schema['items'] ?? true, `${wanted}-item`);
        return `"[" (${item} ("," ${item})*)? "]"`;
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

  /** Expression for an object with its properties sorted by name, as in the template. */
  #object(schema: JsonObject, wanted: string): string {
    const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
    const required = requiredOf(schema);
    const names = [...new Set([...Object.keys(properties), ...required])].toSorted(byLetters);
    if (names.length === 0)
      return schema['additionalProperties'] === false || schema['properties'] !== undefined
        ? '"{}"'
        : this.#freeObject();
    // From the last property to the first: the rest after another property, and the rest without one.
    let after = '';
    let alone = '';
    for (const name of names.toReversed()) {
      const value = this.define(properties[name] ?? true, `${wanted}-${name}`);
      const member = `${literal(`${name}:`)} ${value}`;
      const needed = required.includes(name);
      const only = `${member} ${after}`;
      alone = needed ? only : this.rules.define(`${wanted}-first`, `(${only} | ${alone || '""'})`);
      after = this.rules.define(
        `${wanted}-next`,
        needed ? `"," ${only}` : `("," ${member})? ${after}`,
      );
    }
    return `"{" ${alone} "}"`;
  }

  #freeObject(): string {
    const member = `[a-zA-Z0-9_-]+ ":" ${this.anything()}`;
    return `"{" (${member} ("," ${member})*)? "}"`;
  }
}

function write(value: JsonValue, quote: string): string {
  if (typeof value === 'string') return quote + value + quote;
  if (isJsonArray(value)) return `[${value.map((item) => write(item, quote)).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .toSorted(byLetters)
    .map((name) => `${name}:${write(value[name] ?? null, quote)}`);
  return `{${members.join(',')}}`;
}

/** Compares case-insensitively, like Jinja's `dictsort`. */
function byLetters(one: string, other: string): number {
  const [left, right] = [one.toLowerCase(), other.toLowerCase()];
  return left < right ? -1 : Number(left > right);
}
