import { mkdir, statfs } from 'node:fs/promises';
import type { StateCache } from '../engine-settings.ts';

/** Default share of the free disk for states. */
const SHARE = 0.1;
const MOST_BYTES = 16 * 2 ** 30;

/**
 * Limit of the bytes of all models' states.
 *
 * @param held bytes of the present states
 * @throws errors of the file system
 */
export async function stateLimit({ folder, limitBytes }: StateCache, held = 0): Promise<number> {
  if (limitBytes !== undefined) return limitBytes;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(folder);
  return Math.min(MOST_BYTES, Math.floor(SHARE * (bavail * bsize + held)));
}
