import { isRecord } from '../../../core/json.ts';
import type { Steps } from '../../../core/steps.ts';

/** More levels than a valid request has. Deeper values are never read. */
const DEEPEST = 500;

/**
 * Replaces each lone surrogate in strings and keys of a body by U+FFFD. Clients produce them by cutting an
 * emoji in half. They can't be encoded as UTF-8, so servers and tokenizers refuse them.
 */
export function* toWellFormed(body: unknown): Steps<unknown> {
  if (!isRecord(body)) return wellFormed(body);
  const entries: (readonly [string, unknown])[] = [];
  let isSame = true;
  for (const [key, value] of Object.entries(body)) {
    const next = Array.isArray(value) ? yield* wellFormedItems(value) : wellFormed(value);
    entries.push([key.toWellFormed(), next]);
    isSame &&= next === value && key.isWellFormed();
    yield;
  }
  return isSame ? body : Object.fromEntries(entries);
}

function* wellFormedItems(items: readonly unknown[]): Steps<readonly unknown[]> {
  const next: unknown[] = [];
  for (const item of items) {
    next.push(wellFormed(item));
    yield;
  }
  return next.some((item, index) => item !== items[index]) ? next : items;
}

function wellFormed(value: unknown): unknown {
  return isWellFormed(value) ? value : repaired(value);
}

function isWellFormed(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (depth >= DEEPEST || typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isWellFormed(item, depth + 1));
  return Object.entries(value).every(
    ([key, item]) => key.isWellFormed() && isWellFormed(item, depth + 1),
  );
}

function repaired(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (depth >= DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => repaired(item, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), repaired(item, depth + 1)]),
  );
}
