import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { LlamaContextSequence } from 'node-llama-cpp';

/**
 * Copies the first tokens of a sequence's state to another sequence of the same context. An internal member of
 * node-llama-cpp 3.22.1 copies in memory, in 6 ms for 4k tokens of a small model; without it, a file is used.
 *
 * @param folder folder of the file; undefined if a file can't have the model's complete state
 * @returns true if the state was copied; otherwise the sequence must be renewed
 */
export async function copyState(
  from: LlamaContextSequence,
  to: LlamaContextSequence,
  tokens: number,
  folder: string | undefined,
): Promise<boolean> {
  const copy: unknown = Reflect.get(to, '_copyStateFromOtherSequence');
  if (typeof copy === 'function') return (await Reflect.apply(copy, to, [from, tokens])) === true;
  if (folder === undefined) return false;
  const file = path.join(folder, `fork-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await from.saveStateToFile(file);
    await loadState(to, file);
    await to.eraseContextTokenRanges([{ start: tokens, end: to.nextTokenIndex }]);
    return to.nextTokenIndex === tokens;
  } finally {
    await rm(file, { force: true });
  }
}

/** Loads a state that the same model has saved. If it throws, the sequence must be renewed. */
export async function loadState(sequence: LlamaContextSequence, file: string): Promise<void> {
  // The library warns of files of another model, but these are this engine's own.
  await sequence.loadStateFromFile(file, { acceptRisk: true });
}
