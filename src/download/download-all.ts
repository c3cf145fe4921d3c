import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freeBytes, makeFolder, requireSpace } from './disk.ts';
import { download } from './download.ts';
import type { Download, Downloaded, DownloadOptions } from './download.ts';

/**
 * Gets several files, one after the other. Throws as `download` does, and `conflict` at once where
 * the disk has no room for all of them. Progress counts all of them together.
 */
export async function downloadAll(
  files: readonly Download[],
  options: DownloadOptions,
): Promise<readonly Downloaded[]> {
  const sizes = files.map(({ bytes }) => bytes);
  const total = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  await requireRoom(files);
  const got: Downloaded[] = [];
  let before = 0;
  for (const file of files) {
    const whole = await download(file, {
      ...options,
      onProgress: (progress) =>
        options.onProgress({
          ...progress,
          done: before + progress.done,
          total: total ?? (files.length === 1 ? progress.total : undefined),
        }),
    });
    got.push(whole);
    before += whole.bytes;
  }
  return got;
}

/** Counts only what is listed and not here yet: the rest is checked as it comes. */
async function requireRoom(files: readonly Download[]): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const folder = dirname(first.target);
  await makeFolder(folder);
  let needed = 0;
  for (const { target, bytes = 0 } of files) {
    const whole = await stat(target).catch(() => undefined);
    const part = whole ?? (await stat(`${target}.part`).catch(() => undefined));
    needed += Math.max(0, bytes - (part?.size ?? 0));
  }
  requireSpace(needed, await freeBytes(folder), folder);
}
