import type { JsonObject } from '../../core/json.ts';
import { isJsonObject } from '../../core/json.ts';

/** Parses the joined argument deltas of a call; undefined unless they are a complete JSON object. */
export function parseToolInput(json: string): JsonObject | undefined {
  if (json === '') return {};
  try {
    const value: unknown = JSON.parse(json);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // The arguments were cut off, or are not JSON.
    return undefined;
  }
}
