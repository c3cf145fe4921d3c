import type { MemoryEstimate } from './slot-count.ts';

/** What a model asks for before its weights are loaded. */
export interface LoadNeeds extends MemoryEstimate {
  /** Where most of it will lie. */
  readonly place: 'CPU' | 'GPU';
  /** Slots that it is to have; undefined means as many as memory is for. */
  readonly parallel: number | undefined;
}

/** Loaded engine, as seen by the eviction planner. */
export interface Holding {
  readonly bytes: number;
  /** Whether it has requests to answer. */
  readonly busy: boolean;
  /** Whether it will be gone once it has answered them. */
  readonly ending: boolean;
  /** When its last request ended, on any clock. */
  readonly lastUsed: number;
}

/** What to do for a model that wants to be loaded. */
export type EvictionPlan<One extends Holding> =
  | { readonly action: 'load'; readonly fits: boolean }
  | { readonly action: 'end'; readonly holdings: readonly One[] }
  | { readonly action: 'wait' };

/**
 * Plans which engines to end: unused models go first, the least recently used one before the others, and then those
 * that answer, as soon as they have. One that would not even fit alone is loaded alone: estimates err.
 */
export function planEviction<One extends Holding>(
  bytes: number,
  free: number,
  held: readonly One[],
): EvictionPlan<One> {
  if (bytes <= free) return { action: 'load', fits: true };
  if (held.length === 0) return { action: 'load', fits: false };
  const expected = free + sum(held.filter(({ ending }) => ending));
  const ending: One[] = [];
  for (const one of held.filter((each) => !each.ending).toSorted(byUse)) {
    if (expected + sum(ending) >= bytes) break;
    ending.push(one);
  }
  return ending.length === 0 ? { action: 'wait' } : { action: 'end', holdings: ending };
}

/** Bytes of a model with so many slots. */
export function bytesWithSlots(
  { weights, context, sequence }: MemoryEstimate,
  slots: number,
): number {
  return weights + context + sequence * (slots - 1);
}

function byUse(one: Holding, other: Holding): number {
  return Number(one.busy) - Number(other.busy) || one.lastUsed - other.lastUsed;
}

function sum(holdings: readonly Holding[]): number {
  return holdings.reduce((bytes, one) => bytes + one.bytes, 0);
}
