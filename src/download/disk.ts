import { mkdir, statfs } from 'node:fs/promises';
import { RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import { writeFailure } from '../core/write-file.ts';

/** Free bytes for this user on a folder's disk. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Bytes that stay free: a full disk harms other programs. */
const RESERVE = 100e6;

/**
 * Checks that a number of further bytes fits.
 *
 * @throws {conflict} if it does not
 */
export function requireSpace(needed: number, free: number, folder: string): void {
  if (needed === 0 || needed + RESERVE <= free) return;
  throw new RuntimeFailure(
    'conflict',
    `the disk of ${folder} is too full: the download needs ${formatSize(needed)}, and ` +
      `${formatSize(free)} are free; free some space, or set PORTICO_HOME to a folder on a larger disk`,
  );
}

/**
 * Creates a folder if it is missing.
 *
 * @throws {conflict} if that is not possible
 */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw diskFailure(error, folder);
  });
}

/** Converts the error of a failed write to a failure. */
export function diskFailure(error: unknown, target: string): RuntimeFailure {
  return writeFailure(target, error, 'free some space and try again; the download resumes');
}
