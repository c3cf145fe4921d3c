import type { MemoryEstimate } from './slot-count.ts';

/** Memory that a model needs, before its weights are loaded. */
export interface LoadNeeds extends MemoryEstimate {
  /** Device for most of it. */
  readonly place: 'CPU' | 'GPU';
  /** Number of slots; undefined means as many as memory allows. */
  readonly parallel: number | undefined;
}

/** Loaded engine, as seen by the eviction planner. */
export interface Holding {
  readonly bytes: number;
  /** True if it has requests. */
  readonly busy: boolean;
  /** True if it ends after its present requests. */
  readonly ending: boolean;
  /** Time of the end of its last request, on any clock. */
  readonly lastUsed: number;
}

/** Next action for a model to load. */
export type EvictionPlan<One extends Holding> =
  | { readonly action: 'load'; readonly fits: boolean }
  | { readonly action: 'end'; readonly holdings: readonly One[] }
  | { readonly action: 'wait' };

/**
 * Plans which engines to end. Unused models end first, the least recently used one before the others. Then busy
 * ones end after their present requests. A model that would not even fit alone is loaded alone, because
 * estimates can be wrong.
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

/** Bytes of a model with a number of slots. */
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
