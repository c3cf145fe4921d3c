import { z } from 'zod';
import { isRecord, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** Deeper JSON than this serves nobody, and would overflow the stack of whoever walks it. */
const DEEPEST = 200;

/** Nor does more of it in one place than this, such as one schema. */
const MOST_VALUES = 250_000;

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** Returns true for JSON of at most `DEEPEST` nested levels and `MOST_VALUES` values. */
function isJson(value: unknown): value is JsonValue {
  let values = 0;
  const isPart = (part: unknown, depth: number): boolean => {
    if (++values > MOST_VALUES) return false;
    if (part === null || SCALARS.has(typeof part)) return true;
    if (depth >= DEEPEST || typeof part !== 'object') return false;
    const items: readonly unknown[] = Array.isArray(part) ? part : Object.values(part);
    return items.every((item) => isPart(item, depth + 1));
  };
  return isPart(value, 0);
}

function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value) && isJson(value);
}

const TOO_MUCH = `Input should be JSON of at most ${DEEPEST} nested levels and ${MOST_VALUES} values`;

/** JSON whose shape is somebody else's: a tool's arguments, a schema, a tool's settings. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, {
  error: (issue) => (isRecord(issue.input) ? TOO_MUCH : 'Input should be a valid dictionary'),
});

/** The same where any JSON may stand. */
export const jsonValue = z.custom<JsonValue>(isJson, {
  error: (issue) => (issue.input === undefined ? 'Field required' : TOO_MUCH),
});
