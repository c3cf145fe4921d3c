import type { JsonObject } from '../core/json.ts';
import type { References } from './references.ts';
import { arrayAt, isSchema } from './schema.ts';
import type { Conjunction, Schema } from './schema.ts';

/** Alternatives after which further unions are not expanded: nested unions multiply. */
const MOST = 256;

/** Keywords whose restrictions a grammar can express. */
const CONSTRAINTS: ReadonlySet<string> = new Set(
  [
    'type enum const',
    'properties required additionalProperties patternProperties propertyNames',
    'unevaluatedProperties minProperties maxProperties',
    'items prefixItems additionalItems minItems maxItems',
    'minLength maxLength pattern format',
    'minimum maximum exclusiveMinimum exclusiveMaximum',
  ].flatMap((line) => line.split(' ')),
);

interface Gathered {
  readonly parts: Set<JsonObject>;
  readonly unions: (readonly Schema[])[];
}

/**
 * Alternatives of schemas that apply together: references and `allOf` are joined, and `anyOf` and `oneOf`
 * are expanded. Without an alternative no value is valid; an alternative without schemas accepts every value.
 */
export function conjunctionsOf(
  schemas: readonly Schema[],
  references: References,
): readonly Conjunction[] {
  const found: Conjunction[] = [];
  const visit = (added: readonly Schema[], before: Gathered): void => {
    const all: Gathered = { parts: new Set(before.parts), unions: [...before.unions] };
    if (!added.every((schema) => gather(schema, all, references))) return;
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
function gather(schema: Schema, all: Gathered, references: References): boolean {
  if (typeof schema === 'boolean') return schema;
  // A schema that is already present adds nothing; this ends circular references.
  if (all.parts.has(schema)) return true;
  all.parts.add(schema);
  for (const keyword of ['anyOf', 'oneOf']) {
    if (Array.isArray(schema[keyword])) all.unions.push(arrayAt(schema, keyword).filter(isSchema));
  }
  const joined = [...references.of(schema), ...arrayAt(schema, 'allOf').filter(isSchema)];
  return joined.every((part) => gather(part, all, references));
}

function constrains(schema: JsonObject): boolean {
  return Object.keys(schema).some((keyword) => CONSTRAINTS.has(keyword));
}
