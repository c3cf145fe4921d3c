import { mkdir, statfs } from 'node:fs/promises';
import { RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import { writeFailure } from '../core/write-file.ts';

/** Bytes that a folder's disk has left for this user. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** What is left free: a disk that is full to the brim hurts everything else on it. */
const RESERVE = 100e6;

/** Throws `conflict` where so many more bytes do not fit. */
export function requireSpace(needed: number, free: number, folder: string): void {
  if (needed === 0 || needed + RESERVE <= free) return;
  throw new RuntimeFailure(
    'conflict',
    `there is no room for it: ${formatSize(needed)} are needed, and the disk of ${folder} has ` +
      `${formatSize(free)} left; free some, or let PORTICO_HOME be a folder on a larger disk`,
  );
}

/** Makes a folder where it is missing. Throws `conflict`. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw diskFailure(error, folder);
  });
}

/** What a failed write means. */
export function diskFailure(error: unknown, target: string): RuntimeFailure {
  return writeFailure(target, error, 'free some space and pull again, it goes on from there');
}
