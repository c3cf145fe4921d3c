import type { JsonObject, JsonType, JsonValue } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';
import type { GrammarRules } from '../../grammar/gbnf.ts';
import { literal, oneOf } from '../../grammar/gbnf.ts';
import { alternativesOf, listedValues, ownTypes } from './parameter-schemas.ts';

/** Writes the grammar of values in a notation other than JSON, for the schemas of one document. */
export abstract class ValueGrammar {
  protected readonly rules: GrammarRules;
  readonly #document: JsonObject;
  /** Rules of finished and current schemas, since schemas may be recursive. */
  readonly #names = new Map<JsonValue, string>();
  #any: string | undefined;

  constructor(rules: GrammarRules, document: JsonObject) {
    this.rules = rules;
    this.#document = document;
  }

  /** Defines a rule for the values of a schema, and returns its name. */
  define(schema: JsonValue, wanted: string): string {
    if (!isJsonObject(schema)) return this.anything();
    const known = this.#names.get(schema);
    if (known !== undefined) return known;
    const name = this.rules.reserve(`${wanted}-value`);
    this.#names.set(schema, name);
    const ways = alternativesOf(schema, this.#document).flatMap((one) => this.#choice(one, wanted));
    this.rules.complete(name, oneOf([...new Set(ways)]));
    return name;
  }

  /** Text of a value in the notation. */
  protected abstract textOf(value: JsonValue): string;

  /** Expression for the values of a type. */
  protected abstract typed(type: JsonType, schema: JsonObject, wanted: string): string;

  /** Expressions for values of any type. */
  protected abstract anyWays(): readonly string[];

  /** Name of the rule for any value. */
  protected anything(): string {
    if (this.#any !== undefined) return this.#any;
    this.#any = this.rules.reserve('any-value');
    this.rules.complete(this.#any, oneOf(this.anyWays()));
    return this.#any;
  }

  #choice(schema: JsonObject, wanted: string): readonly string[] {
    const listed = listedValues(schema);
    if (listed !== undefined) return listed.map((value) => literal(this.textOf(value)));
    const types = ownTypes(schema);
    if (types === undefined) return [this.anything()];
    return types.map((type) => this.typed(type, schema, wanted));
  }
}
