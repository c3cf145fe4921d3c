import { z } from 'zod';
import { isRecord, type JsonObject, type JsonValue } from '../../../core/json.ts';

/** Deeper JSON than this serves nobody, and would overflow the stack of whoever walks it. */
const DEEPEST = 200;

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** Whether a value is JSON that nests at most `DEEPEST` levels. */
function isJson(value: unknown, depth = 0): value is JsonValue {
  if (value === null || SCALARS.has(typeof value)) return true;
  if (depth >= DEEPEST) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return isRecord(value) && Object.values(value).every((item) => isJson(item, depth + 1));
}

function isJsonObject(value: unknown): value is JsonObject {
  return isRecord(value) && isJson(value);
}

const TOO_DEEP = `Input should be JSON of at most ${DEEPEST} nested levels`;

/** JSON whose shape is somebody else's: a tool's arguments, a schema, a tool's settings. */
export const jsonObject = z.custom<JsonObject>(isJsonObject, {
  error: (issue) => (isRecord(issue.input) ? TOO_DEEP : 'Input should be a valid dictionary'),
});

/** The same where any JSON may stand. */
export const jsonValue = z.custom<JsonValue>((value) => isJson(value), {
  error: (issue) => (issue.input === undefined ? 'Field required' : TOO_DEEP),
});
