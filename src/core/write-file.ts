import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { messageOf, RuntimeFailure } from './failure.ts';

/**
 * Writes a file whole or not at all: whoever reads it finds the old content or the new one, and a
 * write that fails leaves no temporary file. A file that is there keeps its owner.
 *
 * @param mode of the file; default: the one that it has
 * @throws {RuntimeFailure} `conflict` with the name of the file
 */
export async function writeWholeFile(
  file: string,
  content: string | Uint8Array,
  mode?: number,
): Promise<void> {
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const before = await stat(file).catch(() => undefined);
    const handle = await open(draft, 'wx', mode ?? before?.mode);
    try {
      if (before !== undefined) await likeBefore(handle, before, mode ?? before.mode);
      // Unlike a single write, it goes on after one that a full disk cut short, and so fails.
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw writeFailure(file, error, 'free some space and try again');
  }
}

/** The process's mask has no say in a file that was there, and only root may give files away. */
async function likeBefore(
  handle: FileHandle,
  { uid, gid }: Pick<Stats, 'uid' | 'gid'>,
  mode: number,
): Promise<void> {
  await handle.chown(uid, gid).catch(() => undefined);
  await handle.chmod(mode & 0o7777);
}

/**
 * Failure of a write.
 *
 * @param ifFull advice for a full disk
 */
export function writeFailure(file: string, error: unknown, ifFull: string): RuntimeFailure {
  const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
  return new RuntimeFailure(
    'conflict',
    `${file} can't be written: ${messageOf(error)}; ${isFull ? ifFull : 'check its folder'}`,
    { cause: error },
  );
}
