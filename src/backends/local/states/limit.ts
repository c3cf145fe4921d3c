import { mkdir, statfs } from 'node:fs/promises';
import type { StateCache } from '../engine-settings.ts';

/** Share of the free disk that states may take unless the settings say otherwise. */
const SHARE = 0.1;
const MOST_BYTES = 16 * 2 ** 30;

/**
 * Bytes that the states of all models may take together.
 *
 * @param held bytes that they take already
 * @throws what the file system throws
 */
export async function stateLimit({ folder, limitBytes }: StateCache, held = 0): Promise<number> {
  if (limitBytes !== undefined) return limitBytes;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  return Math.min(MOST_BYTES, Math.floor(SHARE * (bavail * bsize + held)));
}
