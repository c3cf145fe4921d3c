import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray } from '../core/json.ts';
import { Negations, isAtom } from './negation.ts';
import type { References } from './references.ts';
import { arrayAt, isSchema, objectAt, schemaAt } from './schema.ts';
import type { Schema } from './schema.ts';

/** Longest `oneOf` whose choices exclude each other in the grammar, and longest negation of a choice. */
const MOST_EXCLUSIVE = 4;
const MOST_NEGATED = 2;

/** Schemas of which one applies, at least. */
export type Union = readonly Schema[];

/** Writes the conditions of a schema as unions, such as `not`, or `if` with `then` and `else`. */
export class Conditions {
  readonly #negations: Negations;
  readonly #known = new WeakMap<JsonObject, readonly Union[]>();
  readonly #exclusive = new WeakMap<JsonObject, Union>();

  constructor(references: References) {
    this.#negations = new Negations(references);
  }

  /** Unions that apply together with the other keywords of a schema. They admit each value that is valid. */
  of(schema: JsonObject): readonly Union[] {
    const known = this.#known.get(schema) ?? [
      ...this.#negated(schema),
      ...this.#branches(schema),
      ...dependencies(schema),
    ];
    this.#known.set(schema, known);
    return known;
  }

  /** Choices of `oneOf`; simple ones exclude each other. */
  choices(schema: JsonObject): Union {
    const choices = arrayAt(schema, 'oneOf').filter(isSchema);
    const known = this.#exclusive.get(schema) ?? this.#apart(choices) ?? choices;
    this.#exclusive.set(schema, known);
    return known;
  }

  #apart(choices: Union): Union | undefined {
    const negated = choices.map((choice) => this.#negations.of(choice));
    const areSimple = negated.every((one) => one !== undefined && one.length <= MOST_NEGATED);
    if (choices.length > MOST_EXCLUSIVE || !areSimple) return undefined;
    return choices.map((choice, index) => ({
      allOf: [choice, ...negated.filter((_one, at) => at !== index).map((one) => anyOf(one))],
    }));
  }

  #negated(schema: JsonObject): readonly Union[] {
    const not = schemaAt(schema, 'not');
    const negated = not === undefined || isAtom(schema) ? undefined : this.#negations.of(not);
    return negated === undefined ? [] : [negated];
  }

  /** An `if` that can't be negated lets `else` apply to every value. */
  #branches(schema: JsonObject): readonly Union[] {
    const test = schemaAt(schema, 'if');
    const [then, otherwise] = [schemaAt(schema, 'then'), schemaAt(schema, 'else')];
    if (test === undefined || (then === undefined && otherwise === undefined)) return [];
    return [
      [
        { allOf: [test, then ?? true] },
        { allOf: [anyOf(this.#negations.of(test)), otherwise ?? true] },
      ],
    ];
  }
}

function anyOf(choices: Union | undefined): Schema {
  if (choices === undefined) return true;
  return choices.length === 0 ? false : { anyOf: choices };
}

/** Conditions of properties: absent, or present with what they require. */
function dependencies(schema: JsonObject): readonly Union[] {
  return ['dependentRequired', 'dependentSchemas', 'dependencies']
    .flatMap((keyword) => Object.entries(objectAt(schema, keyword)))
    .map(([name, value]) => [{ properties: { [name]: false } }, present(name, value)]);
}

function present(name: string, value: JsonValue): Schema {
  if (isJsonArray(value)) return { type: 'object', required: [...value, name] };
  return { allOf: [{ type: 'object', required: [name] }, isSchema(value) ? value : true] };
}
