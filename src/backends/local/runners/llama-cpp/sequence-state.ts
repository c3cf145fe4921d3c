import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { LlamaContextSequence, LlamaModel } from 'node-llama-cpp';

/**
 * Copies the first tokens of a sequence's state to another sequence of the same context, in memory: by
 * an internal member of node-llama-cpp 3.22.1, which takes 6 ms for 4k tokens of a small model; without
 * it, by a file. Gives whether the state is there; where it is not, the sequence must be renewed.
 *
 * @param folder where the file may lie; undefined where the model's state can't go through one
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
    await from.saveStateToFile(file);
    await loadState(to, file);
    await to.eraseContextTokenRanges([{ start: tokens, end: to.nextTokenIndex }]);
    return to.nextTokenIndex === tokens;
  } finally {
    await rm(file, { force: true });
  }
}

/** Loads a state that the same model has saved; where it throws, the sequence must be renewed. */
export async function loadState(sequence: LlamaContextSequence, file: string): Promise<void> {
  // The risk is that of files of another model: these are this engine's own.
  await sequence.loadStateFromFile(file, { acceptRisk: true });
}

/**
 * Whether the file of a state has all of it: of sliding windows it has the last one only, and of recurrent
 * layers no checkpoints, so that the state could not be cut to the beginning of another prompt.
 */
export function hasWholeStates(model: LlamaModel): boolean {
  return !needsCheckpoints(model) && model.fileInsights.swaSize === undefined;
}

/** Whether a state in memory can't be cut at any token: of sliding windows it can, since all of their cache is kept. */
export function needsCheckpoints({ fileInsights }: LlamaModel): boolean {
  return fileInsights.isRecurrent || fileInsights.isHybrid;
}
