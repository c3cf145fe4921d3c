import { isRecord } from '../../../core/json.ts';

/** More levels than a valid request has: what is nested deeper is never read. */
const DEEPEST = 500;

/**
 * The same JSON value with U+FFFD for each lone surrogate in its strings and keys. Half an emoji, as
 * clients make it by cutting text, can't be written as UTF-8: servers and tokenizers refuse it.
 */
export function toWellFormed(value: unknown): unknown {
  return repaired(value, 0);
}

function repaired(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (depth >= DEEPEST) return value;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const next = items.map((item) => repaired(item, depth + 1));
    return next.some((item, index) => item !== items[index]) ? next : value;
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value);
  const next = entries.map(
    ([key, item]) => [key.toWellFormed(), repaired(item, depth + 1)] as const,
  );
  const isSame = next.every(
    ([key, item], index) => key === entries[index]?.[0] && item === entries[index]?.[1],
  );
  return isSame ? value : Object.fromEntries(next);
}
