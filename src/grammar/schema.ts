import type { JsonObject, JsonValue } from '../core/json.ts';
import { isRecord } from '../core/json.ts';
import { largest, smallest } from '../core/lists.ts';

/** A JSON Schema: true takes any value, false none. */
export type Schema = boolean | JsonObject;

/** Schemas that hold all at once, with no `$ref`, `allOf`, `anyOf` or `oneOf` left to look into. */
export type Conjunction = readonly JsonObject[];

/** Where a value stands: what its rules are named after, and what it stands in. */
export interface Place {
  readonly name: string;
  readonly depth: number;
  /** The conjunctions that can't be written without the value of this place. */
  readonly forcedBy: ReadonlySet<string>;
}

/** Compiles the schemas of what an object or an array holds. */
export interface ValueCompiler {
  /** An expression for the values that all schemas admit; undefined where there is none. */
  compile(schemas: readonly Schema[], place: Place): string | undefined;
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

export function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'boolean' || isRecord(value);
}

/** A keyword's object; one without keys where it is missing or no object. */
export function objectAt(schema: JsonObject, keyword: string): JsonObject {
  const value = schema[keyword];
  return isRecord(value) ? value : {};
}

/** A keyword's array; an empty one where it is missing or no array. */
export function arrayAt(schema: JsonObject, keyword: string): readonly JsonValue[] {
  const value = schema[keyword];
  return isList(value) ? value : [];
}

/** A keyword's schema, where it has one. */
export function schemaAt(schema: JsonObject, keyword: string): Schema | undefined {
  const value = schema[keyword];
  return isSchema(value) ? value : undefined;
}

/** The schemas that a keyword has in several schemas. */
export function schemasAt(schemas: Conjunction, keyword: string): readonly Schema[] {
  return schemas.map((schema) => schema[keyword]).filter(isSchema);
}

/** The numbers that a keyword has in several schemas. */
export function numbersAt(schemas: Conjunction, keyword: string): readonly number[] {
  return schemas.flatMap((schema) => {
    const value = schema[keyword];
    return typeof value === 'number' ? [value] : [];
  });
}

/** The texts that a keyword has in several schemas. */
export function textsAt(schemas: Conjunction, keyword: string): readonly string[] {
  return schemas.flatMap((schema) => {
    const value = schema[keyword];
    return typeof value === 'string' ? [value] : [];
  });
}

/** The tightest of the bounds on how much there may be, such as `minItems` and `maxItems`. */
export function countBounds(
  schemas: Conjunction,
  keyword: 'Length' | 'Items' | 'Properties',
): { readonly least: number; readonly most: number } {
  return {
    least: largest(numbersAt(schemas, `min${keyword}`), 0),
    most: smallest(numbersAt(schemas, `max${keyword}`)),
  };
}
