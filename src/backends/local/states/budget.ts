import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { readRecords, removeState } from './record.ts';
import type { StoredState } from './record.ts';

/** Lists the states of all models in the folder of the cache, the least recently used first. */
export async function allStates(folder: string): Promise<readonly StoredState[]> {
  const names = await readdir(folder).catch(() => []);
  const lists = await Promise.all(
    names
      .filter((name) => name.startsWith('model-'))
      .map((name) => readRecords(path.join(folder, name))),
  );
  return lists.flat().toSorted((one, other) => one.lastUsed.getTime() - other.lastUsed.getTime());
}

/** Bytes of the states of all models. */
export async function heldBytes(folder: string): Promise<number> {
  return bytesOf(await allStates(folder));
}

function bytesOf(states: readonly StoredState[]): number {
  return states.reduce((sum, { record }) => sum + record.bytes, 0);
}

/** Number of states that are kept of all models: each is read when a model opens. */
const MOST_STATES = 1000;

/**
 * Removes states until the rest fits the limit. The newest one is removed last, because it was just written.
 *
 * @returns path stems of the removed states
 */
export async function enforceLimit(
  folder: string,
  limitBytes: number,
): Promise<ReadonlySet<string>> {
  const states = await allStates(folder);
  let bytes = bytesOf(states);
  const removed = new Set<string>();
  for (const { stem, record } of inOrderOfRemoval(states)) {
    if (bytes <= limitBytes && states.length - removed.size <= MOST_STATES) break;
    await removeState(stem);
    removed.add(stem);
    bytes -= record.bytes;
  }
  return removed;
}

/**
 * Sorts states by the order of removal: single conversations first, then prefixes of several sessions, then those
 * with a client's cache breakpoint; in each group the least recently used first.
 *
 * @param states states, the least recently used first
 */
export function inOrderOfRemoval(states: readonly StoredState[]): readonly StoredState[] {
  const newest = states.slice(-1);
  const others = states.slice(0, -1);
  return [...others.toSorted((one, other) => rankOf(one) - rankOf(other)), ...newest];
}

function rankOf({ record }: StoredState): number {
  if (record.isHeld) return 2;
  return record.sessions.length > 1 ? 1 : 0;
}
