import { statfs } from 'node:fs/promises';
import { RuntimeFailure } from '../core/errors.ts';
import { formatSize } from '../core/size.ts';

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
