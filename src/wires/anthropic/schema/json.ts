import { z } from 'zod';
import { isRecord, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** Limit of nested levels. Deeper JSON has no use, and would overflow the stack of recursive functions. */
const DEEPEST = 200;

/** Limit of values in one place, such as one schema. */
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

/** JSON object of any shape: arguments of a tool, a schema, settings of a tool. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, {
  error: (issue) => (isRecord(issue.input) ? TOO_MUCH : 'Input should be a valid dictionary'),
});

/** JSON value of any type, with the same limits. */
export const jsonValue = z.custom<JsonValue>(isJson, {
  error: (issue) => (issue.input === undefined ? 'Field required' : TOO_MUCH),
});
