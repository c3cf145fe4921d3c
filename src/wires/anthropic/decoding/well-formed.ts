import { isRecord } from '../../../core/json.ts';
import { isLight } from '../../../core/json-writer.ts';
import type { Steps } from '../../../core/steps.ts';

/** More levels than a valid request has. Deeper values are never read. */
const DEEPEST = 500;

/** Items of a heavy list or object in one step. */
const ITEMS_A_STEP = 64;

/**
 * Replaces each lone surrogate in strings and keys of a body by U+FFFD. Clients produce them by cutting an
 * emoji in half. They can't be encoded as UTF-8, so servers and tokenizers refuse them.
 */
export function* toWellFormed(value: unknown): Steps<unknown> {
  return yield* inSteps(value, 0);
}

function* inSteps(value: unknown, depth: number): Steps<unknown> {
  if (typeof value === 'string' || isLight(value) || depth >= DEEPEST) {
    return wellFormed(value, depth);
  }
  if (Array.isArray(value)) return yield* listInSteps(value, depth);
  return isRecord(value) ? yield* objectInSteps(value, depth) : value;
}

function* listInSteps(list: readonly unknown[], depth: number): Steps<readonly unknown[]> {
  const next: unknown[] = [];
  for (const item of list) {
    next.push(yield* inSteps(item, depth + 1));
    if (next.length % ITEMS_A_STEP === 0) yield;
  }
  yield;
  return next.some((item, index) => item !== list[index]) ? next : list;
}

function* objectInSteps(
  object: Readonly<Record<string, unknown>>,
  depth: number,
): Steps<Readonly<Record<string, unknown>>> {
  const entries: (readonly [string, unknown])[] = [];
  let isSame = true;
  for (const [key, value] of Object.entries(object)) {
    const next = yield* inSteps(value, depth + 1);
    entries.push([key.toWellFormed(), next]);
    isSame &&= next === value && key.isWellFormed();
    if (entries.length % ITEMS_A_STEP === 0) yield;
  }
  yield;
  return isSame ? object : Object.fromEntries(entries);
}

function wellFormed(value: unknown, depth: number): unknown {
  return isWellFormed(value, depth) ? value : repaired(value, depth);
}

function isWellFormed(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (depth >= DEEPEST || typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isWellFormed(item, depth + 1));
  return Object.entries(value).every(
    ([key, item]) => key.isWellFormed() && isWellFormed(item, depth + 1),
  );
}

function repaired(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (depth >= DEEPEST) return value;
  if (Array.isArray(value)) return value.map((item) => repaired(item, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toWellFormed(), repaired(item, depth + 1)]),
  );
}
