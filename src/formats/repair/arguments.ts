import { isDeepStrictEqual } from 'node:util';
import { jsonrepair } from 'jsonrepair';
import { isRecord } from '../../core/json.ts';
import { parseJson } from '../../core/one-line.ts';
import type { CallableTool } from '../format.ts';
import { coerceJson } from './coerce.ts';
import { isClosing } from './closing.ts';
import { mendEscapes } from './escapes.ts';
import { JsonPrefix } from './json-prefix.ts';
import { isWrapperKey } from './schema-types.ts';
import { withTimeLimit } from './time-limit.ts';

/** Text that models write around or behind arguments. */
const FENCE = '```';
const CLOSING = /<\/(?:tool_call|function|tool)>$/;

/** Characters that are repaired in a few milliseconds whatever they are; longer texts have a time limit. */
const SHORT = 4096;

/** The last characters of a text whose last value is complete. */
const ENDS = /([}\]"'\d]|true|false|null|True|False|None)$/;

/** Strings of a JSON-like text; the last one may lack its end. */
const STRINGS = /"[^"\\]*(?:\\[^][^"\\]*)*"?|'[^'\\]*(?:\\[^][^'\\]*)*'?/g;

/** A member without a value, or a number that JSON does not have. */
const UNKNOWN = /:\s*[,}\]]|[:[,]\s*[-+]?(?:NaN|Infinity)\s*(?:[,}\]]|$)/;

/** Empty arguments before the ones that count: some servers send `{}` first. */
const EMPTY_BEFORE = /^(?:\s*(?:\{\s*\}|null|None))+(?=\s*\{)/;

/** Number of times that arguments may be wrapped: as a string, in a list, in a call. */
const MOST_WRAPPERS = 4;

/**
 * The arguments of a call as the text of a JSON object. What has one reading is repaired: Python
 * literals, single quotes, backslashes that escape nothing, trailing commas, raw line breaks, code
 * fences, double encoding, a call or a list around the arguments, missing closing brackets. Strings are
 * coerced where the schema demands it.
 *
 * @returns undefined if there is no such reading
 */
export function repairArguments(written: string, tool: CallableTool): string | undefined {
  return limited(written, () => argumentsOf(written, tool));
}

function argumentsOf(written: string, { name, inputSchema }: CallableTool): string | undefined {
  const text = strip(written);
  if (isNothing(text)) return '{}';
  const repaired = repairJson(text);
  if (repaired === undefined) return undefined;
  const value = parseJson(repaired);
  const input = unwrap(value, name, inputSchema, MOST_WRAPPERS);
  if (!isRecord(input)) return undefined;
  return coerceJson(input === value ? repaired : JSON.stringify(input), inputSchema);
}

/** The value of a JSON text, repaired if that has one reading; undefined otherwise. */
export function repairedValue(written: string): unknown {
  return limited(written, () => valueOf(written));
}

/** The result of a repair; undefined if it takes too long, or nests deeper than the stack. */
function limited<Result>(written: string, repair: () => Result): Result | undefined {
  try {
    return written.length <= SHORT ? repair() : withTimeLimit(repair);
  } catch {
    // Not repairable; the caller asks again or shows the text.
    return undefined;
  }
}

function valueOf(written: string): unknown {
  const text = repairJson(strip(written));
  return text === undefined ? undefined : parseJson(text);
}

function isNothing(text: string): boolean {
  return text === '' || text === 'null' || text === 'None';
}

function strip(written: string): string {
  const text = written.trim().replace(CLOSING, '').trim();
  const isFenced = text.length > 2 * FENCE.length && text.startsWith(FENCE) && text.endsWith(FENCE);
  if (!isFenced) return text;
  const inside = text.slice(FENCE.length, -FENCE.length);
  return inside.replace(/^[a-zA-Z]+/, '').trim();
}

/** A JSON text as it is, or repaired; undefined if it has no one reading. */
function repairJson(written: string): string | undefined {
  if (parseJson(written) !== undefined) return written;
  const text = mendEscapes(written.replace(EMPTY_BEFORE, ''));
  if (text === undefined || UNKNOWN.test(text.replace(STRINGS, '""'))) return undefined;
  const prefix = new JsonPrefix(undefined);
  prefix.push(text);
  if (prefix.complete) {
    const rest = text.slice(prefix.released.length);
    const isWhole =
      isClosing(rest) || isDeepStrictEqual(parseJson(rest), parseJson(prefix.released));
    return isWhole ? prefix.released : undefined;
  }
  // A text that ends inside a value lacks a part of it, which no one can know.
  if (prefix.inString || !ENDS.test(text)) return undefined;
  const repaired = jsonrepair(text);
  const value = parseJson(repaired);
  return isRecord(value) || Array.isArray(value) ? repaired : undefined;
}

function unwrap(value: unknown, name: string, schema: unknown, depth: number): unknown {
  if (depth === 0) return undefined;
  if (value === null) return {};
  if (typeof value === 'string') {
    if (isNothing(strip(value))) return {};
    return unwrap(valueOf(value), name, schema, depth - 1);
  }
  if (Array.isArray(value)) {
    return value.length === 1 ? unwrap(value[0], name, schema, depth - 1) : undefined;
  }
  if (!isRecord(value)) return undefined;
  const keys = Object.keys(value);
  if (keys.length === 0 || !keys.every((key) => isWrapperKey(schema, key))) return value;
  const inner = value['function'] ?? value['arguments'] ?? value['parameters'];
  const other = value['name'];
  if (typeof other === 'string' && other.toLowerCase() !== name.toLowerCase()) return value;
  return inner === undefined ? value : unwrap(inner, name, schema, depth - 1);
}
