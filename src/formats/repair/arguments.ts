import { isDeepStrictEqual } from 'node:util';
import { jsonrepair } from 'jsonrepair';
import { isRecord } from '../../core/json.ts';
import { parseJson } from '../../core/one-line.ts';
import type { CallableTool } from '../format.ts';
import { coerceJson } from './coerce.ts';
import { isClosing } from './closing.ts';
import { mendEscapes } from './escapes.ts';
import { JsonPrefix } from './json-prefix.ts';
import { itemsOf, membersOf } from './json-text.ts';
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
  const input = repaired && unwrap(repaired, name, inputSchema, MOST_WRAPPERS);
  return input === undefined ? undefined : coerceJson(input, inputSchema);
}

/**
 * What a reader makes of a JSON text, repaired if that has one reading.
 *
 * @returns undefined if there is no such reading
 */
export function readRepaired<Result>(
  written: string,
  read: (json: string) => Result,
): Result | undefined {
  return limited(written, () => {
    const json = repairJson(strip(written));
    return json === undefined ? undefined : read(json);
  });
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

/** The object of arguments in a JSON text, as it is written there: numbers may have more digits than JavaScript's. */
function unwrap(json: string, name: string, schema: unknown, depth: number): string | undefined {
  if (depth === 0) return undefined;
  switch (json.trimStart().charAt(0)) {
    case 'n':
      return '{}';
    case '"': {
      const text = strip(String(JSON.parse(json)));
      if (isNothing(text)) return '{}';
      const inner = repairJson(text);
      return inner === undefined ? undefined : unwrap(inner, name, schema, depth - 1);
    }
    case '[': {
      const [item, ...others] = itemsOf(json);
      if (item === undefined || others.length > 0) return undefined;
      return unwrap(item, name, schema, depth - 1);
    }
    case '{': {
      const inner = wrapped(json, name, schema);
      return inner === undefined ? json : unwrap(inner, name, schema, depth - 1);
    }
    default:
      return undefined;
  }
}

/** The member of a call's object that is a call or its arguments; undefined if the object is no call of this tool. */
function wrapped(json: string, name: string, schema: unknown): string | undefined {
  const members = membersOf(json);
  if (![...members.keys()].every((key) => isWrapperKey(schema, key))) return undefined;
  const other: unknown = parseJson(members.get('name') ?? '');
  if (typeof other === 'string' && other.toLowerCase() !== name.toLowerCase()) return undefined;
  const inner = ['function', 'arguments', 'parameters'].flatMap((key) => members.get(key) ?? []);
  return inner.find((one) => one !== 'null') ?? inner[0];
}
