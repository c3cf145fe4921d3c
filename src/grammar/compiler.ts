import type { JsonObject, JsonType, JsonValue } from '../core/json.ts';
import type { GrammarRules } from './gbnf.ts';
import { oneOf } from './gbnf.ts';
import { Alternatives } from './alternatives.ts';
import { arrayExpression } from './arrays.ts';
import { fixedExpression, fixedValues } from './fixed-values.ts';
import { isListedValid } from './listed-values.ts';
import { value } from './json.ts';
import { numberExpression } from './numbers.ts';
import { objectExpression } from './objects.ts';
import type { References } from './references.ts';
import type { Conjunction, SchemaPlace, Schema, ValueCompiler } from './schema.ts';
import { stringExpression } from './strings.ts';
import { hasType, commonTypes } from './types.ts';

/** Limits of depth and size. A schema beyond them is taken for a mistake. */
const MOST_LEVELS = 64;
const MOST_PARTS = 5000;

/** Error for a schema that can't be compiled, with the part that causes it. */
export class SchemaFailure extends Error {
  readonly schemas: readonly Schema[];

  constructor(message: string, schemas: readonly Schema[]) {
    super(message);
    this.schemas = schemas;
  }
}

/** Result of a conjunction, or the rule that is reserved for it. */
interface Compiled {
  expression?: string | undefined;
  done: boolean;
  rule?: string;
}

/** Compiles the schemas of one document. Each conjunction is compiled once, so recursion is possible. */
export class SchemaCompiler implements ValueCompiler {
  readonly #rules: GrammarRules;
  readonly #alternatives: Alternatives;
  readonly #compiled = new Map<string, Compiled>();
  readonly #numbers = new Map<JsonObject, number>();
  #impossible: Conjunction = [];

  constructor(rules: GrammarRules, references: References) {
    this.#rules = rules;
    this.#alternatives = new Alternatives(references);
  }

  /** Innermost schemas of the last compilation that no value matches. */
  get impossible(): Conjunction {
    return this.#impossible;
  }

  /** @throws SchemaFailure if the schemas are nested too deeply or are too large */
  compile(schemas: readonly Schema[], place: SchemaPlace): string | undefined {
    if (place.depth > MOST_LEVELS)
      throw new SchemaFailure(`it is nested deeper than ${MOST_LEVELS} levels`, schemas);
    const choices = this.#alternatives.of(schemas);
    if (choices.some((choice) => choice.length === 0)) return value(this.#rules);
    const inside = choices.length === 1 ? place : { ...place, forcedBy: new Set<string>() };
    const expressions = choices.flatMap((choice) => this.#conjunction(choice, inside) ?? []);
    return expressions.length === 0 ? undefined : oneOf([...new Set(expressions)]);
  }

  values(schemas: readonly Schema[]): readonly JsonValue[] | undefined {
    const found = new Map<string, JsonValue>();
    for (const choice of this.#alternatives.of(schemas)) {
      const values = fixedValues(choice) ?? constantsOf(commonTypes(choice, false));
      if (values === undefined) return undefined;
      for (const one of this.#matching(values, choice)) found.set(JSON.stringify(one), one);
    }
    return [...found.values()];
  }

  #conjunction(schemas: Conjunction, place: SchemaPlace): string | undefined {
    const key = this.#keyOf(schemas);
    const known = this.#compiled.get(key);
    if (known !== undefined) return this.#again(known, key, place);
    if (this.#compiled.size >= MOST_PARTS)
      throw new SchemaFailure(`it comes to more than ${MOST_PARTS} different parts`, schemas);
    const compiled: Compiled = { done: false };
    this.#compiled.set(key, compiled);
    const before = this.#impossible;
    const expression = this.#expression(schemas, {
      ...place,
      forcedBy: new Set([...place.forcedBy, key]),
    });
    compiled.done = true;
    // If a part is impossible, report that part and not the whole.
    if (expression === undefined && this.#impossible === before) this.#impossible = schemas;
    if (compiled.rule === undefined) compiled.expression = expression;
    else {
      this.#rules.complete(compiled.rule, expression ?? value(this.#rules));
      compiled.expression = expression && compiled.rule;
    }
    return compiled.expression;
  }

  #again(known: Compiled, key: string, place: SchemaPlace): string | undefined {
    if (known.done) return known.expression;
    // A value that requires another one of the same kind would never end.
    if (place.forcedBy.has(key)) return undefined;
    known.rule ??= this.#rules.reserve(place.name);
    return known.rule;
  }

  #expression(schemas: Conjunction, place: SchemaPlace): string | undefined {
    const types = commonTypes(schemas, this.#rules.isForArguments);
    const fixed = fixedValues(schemas);
    if (fixed !== undefined) return fixedExpression(this.#matching(fixed, schemas), this.#rules);
    if (types === undefined) return value(this.#rules);
    const inside = types.length === 1 ? place : { ...place, forcedBy: new Set<string>() };
    const expressions = types.flatMap((type) => this.#ofType(type, schemas, inside) ?? []);
    return expressions.length === 0 ? undefined : oneOf(expressions);
  }

  #matching(values: readonly JsonValue[], schemas: Conjunction): readonly JsonValue[] {
    const types = commonTypes(schemas, this.#rules.isForArguments);
    return values.filter((one) => hasType(one, types) && isListedValid(one, schemas));
  }

  #ofType(type: JsonType, schemas: Conjunction, place: SchemaPlace): string | undefined {
    switch (type) {
      case 'null':
        return this.#rules.constant(null);
      case 'boolean':
        return this.#rules.define(
          'boolean',
          `${this.#rules.constant(true)} | ${this.#rules.constant(false)}`,
        );
      case 'string':
        return stringExpression(schemas, this.#rules);
      case 'integer':
      case 'number':
        return numberExpression(schemas, type, this.#rules);
      case 'array':
        return this.#asRule(place, arrayExpression(schemas, place, this.#rules, this));
      case 'object':
        return this.#asRule(place, objectExpression(schemas, place, this.#rules, this));
      default:
        return type satisfies never;
    }
  }

  #asRule(place: SchemaPlace, body: string | undefined): string | undefined {
    return body && this.#rules.define(place.name, body);
  }

  #keyOf(schemas: Conjunction): string {
    const numbers = schemas.map((schema) => {
      const number = this.#numbers.get(schema) ?? this.#numbers.size;
      this.#numbers.set(schema, number);
      return number;
    });
    return numbers.join(' ');
  }
}

/** Values of types that have few; undefined if there are other types. */
function constantsOf(types: readonly JsonType[] | undefined): readonly JsonValue[] | undefined {
  const areFew = types?.every((type) => type === 'boolean' || type === 'null') === true;
  return areFew ? [true, false, null] : undefined;
}
