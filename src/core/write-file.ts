import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { messageOf, RuntimeFailure } from './failure.ts';

/**
 * Writes a file atomically: readers see the old content or the new one, and a failed write leaves no
 * temporary file. An existing file keeps its owner.
 *
 * @param mode mode of the file; default: the present one
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
      // Unlike `write`, `writeFile` continues after a short write, so a full disk is an error.
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

/** Restores mode and owner of an existing file: the umask must not apply, and only root may change owners. */
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
