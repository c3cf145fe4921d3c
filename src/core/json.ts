/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** JSON object, such as a tool's arguments or a JSON Schema. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Parses JSON; returns undefined for any other text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Returns true for an object with keys: not null and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns true for a parsed JSON object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value);
}

/** Returns true for a parsed JSON array. */
export function isJsonArray(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Returns an object with the same keys, each with its converted value. */
export function mapValues(
  values: JsonObject,
  convert: (value: JsonValue) => JsonValue,
): JsonObject {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, convert(value)]));
}

/** Returns true for an error of the system with a code such as `ENOENT`. */
export function isErrno(error: unknown, code: string): boolean {
  return isRecord(error) && error['code'] === code;
}

/** Type of a JSON value, by JSON Schema's word. */
export type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';
