import { isRecord } from '../../../core/json.ts';

/** So many paths are enough for a log line. */
export const MOST_PATHS = 20;
const LONGEST_KEY = 64;

/**
 * Paths of the keys that a schema left out of a value, such as `messages.content.toolset_name`: without
 * positions in lists, and each one once. A key without a meaning (null, or what this server writes
 * itself) is none.
 *
 * @param given the value as it came
 * @param known what the schema made of it; what it passes on as it is, is not searched
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

/** Clients send back what they got: calls with their caller, and texts without citations. */
function hasMeaning(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return false;
  if (key === 'caller') return !isRecord(value) || value['type'] !== 'direct';
  return !(key === 'citations' && Array.isArray(value) && value.length === 0);
}
