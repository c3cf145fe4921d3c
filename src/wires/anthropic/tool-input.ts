import { isRecord, type JsonObject } from '../../core/json.ts';

/** The arguments that a call's deltas make together; undefined where they are no whole JSON object. */
export function parseToolInput(json: string): JsonObject | undefined {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Cut off in the middle, or never JSON.
    return undefined;
  }
}

/** What JSON.parse gives is JSON: only its outermost kind is in question. */
function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value);
}
