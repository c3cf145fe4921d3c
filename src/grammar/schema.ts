import type { JsonObject, JsonValue } from '../core/json.ts';
import { isJsonArray, isRecord } from '../core/json.ts';
import { largest, smallest } from '../core/lists.ts';

/** JSON Schema: true accepts any value, false none. */
export type Schema = boolean | JsonObject;

/** Schemas that apply together, with `$ref`, `allOf`, `anyOf` and `oneOf` already expanded. */
export type Conjunction = readonly JsonObject[];

/** Position of a value: the base name of its rules, and the conjunctions around it. */
export interface SchemaPlace {
  readonly name: string;
  readonly depth: number;
  /** Conjunctions around this place that require its value. */
  readonly forcedBy: ReadonlySet<string>;
}

/** Compiles the schemas of the values inside an object or an array. */
export interface ValueCompiler {
  /** Returns an expression for the values that match all schemas; undefined if there are none. */
  compile(schemas: readonly Schema[], place: SchemaPlace): string | undefined;
  /** Returns the values that match all schemas; undefined if the schemas don't list them. */
  values(schemas: readonly Schema[]): readonly JsonValue[] | undefined;
}

export function isSchema(value: JsonValue | undefined): value is Schema {
  return typeof value === 'boolean' || isRecord(value);
}

/** Object of a keyword; an empty one if the keyword is missing or is not an object. */
export function objectAt(schema: JsonObject, keyword: string): JsonObject {
  const value = schema[keyword];
  return isRecord(value) ? value : {};
}

/** Array of a keyword; an empty one if the keyword is missing or is not an array. */
export function arrayAt(schema: JsonObject, keyword: string): readonly JsonValue[] {
  const value = schema[keyword];
  return isJsonArray(value) ? value : [];
}

/** Schema of a keyword, if it has one. */
export function schemaAt(schema: JsonObject, keyword: string): Schema | undefined {
  const value = schema[keyword];
  return isSchema(value) ? value : undefined;
}

/** Schemas of a keyword across several schemas. */
export function schemasAt(schemas: Conjunction, keyword: string): readonly Schema[] {
  return schemas.map((schema) => schema[keyword]).filter(isSchema);
}

/** Numbers of a keyword across several schemas. */
export function numbersAt(schemas: Conjunction, keyword: string): readonly number[] {
  return schemas.flatMap((schema) => {
    const value = schema[keyword];
    return typeof value === 'number' ? [value] : [];
  });
}

/** Texts of a keyword across several schemas. */
export function textsAt(schemas: Conjunction, keyword: string): readonly string[] {
  return schemas.flatMap((schema) => {
    const value = schema[keyword];
    return typeof value === 'string' ? [value] : [];
  });
}

/** Tightest pair of count bounds, such as `minItems` and `maxItems`. */
export function countBounds(
  schemas: Conjunction,
  keyword: 'Length' | 'Items' | 'Properties',
): { readonly least: number; readonly most: number } {
  return {
    least: largest(numbersAt(schemas, `min${keyword}`), 0),
    most: smallest(numbersAt(schemas, `max${keyword}`)),
  };
}

/**
 * Schemas of what no other keyword describes. A schema's `unevaluated…` sees the keywords of all schemas that
 * apply in its place, so it restricts nothing if one of them describes all the rest.
 *
 * @param others keywords that describe all the rest
 */
export function unevaluated(
  schemas: Conjunction,
  what: 'Items' | 'Properties',
  others: readonly string[],
): readonly Schema[] {
  const said = schemasAt(schemas, `unevaluated${what}`);
  const isDescribed = schemas.some((schema) => others.some((keyword) => isSchema(schema[keyword])));
  return isDescribed || said.includes(true) ? [] : said;
}
