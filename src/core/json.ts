/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

/** JSON object, such as a tool's arguments or a JSON Schema. */
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Returns true for an object with keys: not null and not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Type of a JSON value, by JSON Schema's word. */
export type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array' | 'null';
