import { isJsonArray, isJsonObject } from '../core/json.ts';
import type { JsonObject, JsonValue } from '../core/json.ts';
import { References } from '../grammar/references.ts';

/** References of one schema that are replaced. Further ones stay, since each copy takes tokens. */
const MOST_INLINED = 100;

/** Keys whose values are data, not schemas. */
const DATA: ReadonlySet<string> = new Set(['default', 'const', 'enum', 'examples']);

/**
 * JSON Schema with a copy of the target in place of each `$ref`, for templates that render no definitions.
 * Recursive references stay.
 */
export function inlined(document: JsonObject): JsonObject {
  const references = new References(document);
  let count = 0;
  const copy = (value: JsonValue, path: readonly JsonValue[]): JsonValue => {
    if (isJsonArray(value)) return value.map((item) => copy(item, path));
    return isJsonObject(value) ? copySchema(value, path) : value;
  };
  const copySchema = (schema: JsonObject, path: readonly JsonValue[]): JsonObject => {
    const { $ref: reference, ...rest } = schema;
    const [target] = reference === undefined ? [] : references.of({ $ref: reference });
    const isRecursive = target === undefined || target === document || path.includes(target);
    if (isJsonObject(target) && !isRecursive && count++ < MOST_INLINED) {
      return copySchema({ ...target, ...rest }, [...path, target]);
    }
    const entries = Object.entries(schema).map(
      ([key, value]) => [key, DATA.has(key) ? value : copy(value, path)] as const,
    );
    return Object.fromEntries(entries);
  };
  return copySchema(document, []);
}
