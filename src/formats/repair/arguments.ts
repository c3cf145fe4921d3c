import { parseJson } from '../../core/json.ts';
import type { CallableTool } from '../format.ts';
import { coerceJson } from './coerce.ts';
import { itemsOf, membersOf } from './json-text.ts';
import { repairJson, strip } from './loose-json.ts';
import { isWrapperKey } from './schema-types.ts';
import { withTimeLimit } from './time-limit.ts';

/** Length up to which any text is repaired in a few milliseconds. Longer texts have a time limit. */
const SHORT = 4096;

/** Limit of nested wrappers around arguments: strings, lists, calls. */
const MOST_WRAPPERS = 4;

/**
 * Repairs the arguments of a call to the text of a JSON object, if they are unambiguous: Python literals,
 * single quotes, backslashes that escape nothing, trailing commas, raw line breaks, code fences, double
 * encoding, a call or a list around the arguments, missing closing brackets. Coerces strings if the schema
 * requires another type.
 *
 * @returns undefined if the arguments are ambiguous
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
 * Result of reading a JSON text, which is repaired first if necessary.
 *
 * @returns undefined if the text is ambiguous
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

/** Runs a repair; undefined if it takes too long, or if the nesting exceeds the stack. */
function limited<Result>(written: string, repair: () => Result): Result | undefined {
  try {
    return written.length <= SHORT ? repair() : withTimeLimit(repair);
  } catch {
    // The text can't be repaired. The caller generates again or shows it as text.
    return undefined;
  }
}

function isNothing(text: string): boolean {
  return text === '' || text === 'null' || text === 'None';
}

/** Text of the arguments inside wrappers. It is not parsed, since numbers may exceed JavaScript's precision. */
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

/** Text of the call or the arguments in a call's object; undefined if the object is not a call of this tool. */
function wrapped(json: string, name: string, schema: unknown): string | undefined {
  const members = membersOf(json);
  if (![...members.keys()].every((key) => isWrapperKey(schema, key))) return undefined;
  const other: unknown = parseJson(members.get('name') ?? '');
  if (typeof other === 'string' && other.toLowerCase() !== name.toLowerCase()) return undefined;
  const inner = ['function', 'arguments', 'parameters'].flatMap((key) => members.get(key) ?? []);
  return inner.find((one) => one !== 'null') ?? inner[0];
}
