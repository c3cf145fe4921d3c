import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freeBytes, makeFolder, requireSpace } from './disk.ts';
import { download } from './download.ts';
import type { Download, Downloaded, DownloadOptions } from './download.ts';

/**
 * Downloads several files, one after another. Progress is the sum over all files.
 *
 * @throws {conflict} before the first byte if the disk has no space for all files; else as `download`
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

/** Checks the space for files of known size that are not present; other sizes are checked during transfer. */
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
