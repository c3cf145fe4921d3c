import type { JsonObject } from '../core/json.ts';
import { isJsonArray } from '../core/json.ts';
import { Conditions } from './conditions.ts';
import type { Union } from './conditions.ts';
import type { References } from './references.ts';
import { arrayAt, isSchema } from './schema.ts';
import type { Conjunction, Schema } from './schema.ts';

/** Alternatives after which further unions are not expanded: nested unions multiply. */
const MOST = 256;

/** Combinations of conditions, such as `if`, after which the others are dropped. */
const MOST_CONDITIONS = 64;

/** Keywords whose restrictions a grammar can express in one conjunction. */
const CONSTRAINTS: ReadonlySet<string> = new Set(
  [
    'type enum const',
    'properties required additionalProperties patternProperties propertyNames',
    'unevaluatedProperties minProperties maxProperties',
    'items prefixItems additionalItems unevaluatedItems minItems maxItems uniqueItems contains',
    'minLength maxLength pattern format',
    'minimum maximum exclusiveMinimum exclusiveMaximum multipleOf',
  ].flatMap((line) => line.split(' ')),
);

interface Gathered {
  readonly parts: Set<JsonObject>;
  readonly unions: Union[];
}

/** Expands the schemas of one document. */
export class Alternatives {
  readonly #references: References;
  readonly #conditions: Conditions;

  constructor(references: References) {
    this.#references = references;
    this.#conditions = new Conditions(references);
  }

  /**
   * Alternatives of schemas that apply together: references and `allOf` are joined; `anyOf`, `oneOf` and
   * conditions are expanded. Without an alternative no value is valid; an alternative without schemas accepts
   * every value.
   */
  of(schemas: readonly Schema[]): readonly Conjunction[] {
    const found: Conjunction[] = [];
    const visit = (added: readonly Schema[], before: Gathered): void => {
      const all: Gathered = { parts: new Set(before.parts), unions: [...before.unions] };
      if (!added.every((schema) => this.#gather(schema, all))) return;
      const [union, ...unions] = all.unions;
      if (union === undefined || found.length >= MOST) {
        found.push([...all.parts].filter(constrains));
        return;
      }
      for (const choice of union) visit([choice], { parts: all.parts, unions });
    };
    visit(schemas, { parts: new Set(), unions: [] });
    return found;
  }

  /** Adds a schema to those gathered so far. Returns false if no value can be valid any more. */
  #gather(schema: Schema, all: Gathered): boolean {
    if (typeof schema === 'boolean') return schema;
    // A schema that is already present adds nothing; this ends circular references.
    if (all.parts.has(schema)) return true;
    all.parts.add(schema);
    if (isJsonArray(schema['anyOf'])) all.unions.push(arrayAt(schema, 'anyOf').filter(isSchema));
    if (isJsonArray(schema['oneOf'])) all.unions.push(this.#conditions.choices(schema));
    for (const union of this.#conditions.of(schema)) {
      const combinations = all.unions.reduce((product, { length }) => product * length, 1);
      if (combinations * union.length <= MOST_CONDITIONS || union.length <= 1)
        all.unions.push(union);
    }
    const joined = [...this.#references.of(schema), ...arrayAt(schema, 'allOf').filter(isSchema)];
    return joined.every((part) => this.#gather(part, all));
  }
}

function constrains(schema: JsonObject): boolean {
  return Object.keys(schema).some((keyword) => CONSTRAINTS.has(keyword));
}
