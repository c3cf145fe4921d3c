import { isRecord } from '../../../core/json.ts';

/** Limit of paths in a log line. */
export const MOST_PATHS = 20;
const LONGEST_KEY = 64;

/**
 * Paths of the keys of a value that its schema does not know, such as `messages.content.toolset_name`.
 * Positions in lists are left out, and each path occurs once. Ignores keys without a meaning: null, and
 * values that this server itself sends.
 *
 * @param given original value
 * @param known value after parsing; parts that the schema passed through unchanged are not searched
 */
export function unknownKeys(given: unknown, known: unknown): readonly string[] {
  const paths = new Set<string>();
  collect(given, known, [], paths);
  return [...paths].slice(0, MOST_PATHS);
}

function collect(given: unknown, known: unknown, at: string[], paths: Set<string>): void {
  if (given === known || paths.size >= MOST_PATHS) return;
  if (Array.isArray(given) && Array.isArray(known)) {
    for (const [index, item] of given.entries()) collect(item, known[index], at, paths);
    return;
  }
  if (!isRecord(given) || !isRecord(known)) return;
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(known, key)) {
      at.push(key);
      collect(value, known[key], at, paths);
      at.pop();
    } else if (hasMeaning(key, value)) paths.add([...at, key.slice(0, LONGEST_KEY)].join('.'));
  }
}

/** Returns false for values that clients send back from answers: direct callers. */
function hasMeaning(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  return key !== 'caller' || !isRecord(value) || value['type'] !== 'direct';
}
