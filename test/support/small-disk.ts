import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PAGE = 4096;

/** A file system of its own that is soon full. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills it but for some bytes, in steps of 4096. */
  fill(left?: number): Promise<void>;
  remove(): Promise<void>;
}

/** Mounts a file system of 1 MiB; undefined if this process may not. */
export async function mountSmallDisk(): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    async fill(left = 0) {
      const handle = await open(path.join(folder, 'filler'), 'a');
      try {
        for (;;) await handle.appendFile(Buffer.alloc(PAGE));
      } catch {
        await handle.truncate((await handle.stat()).size - left);
      } finally {
        await handle.close();
      }
    },
    async remove() {
      // A closed SQLite database keeps its files open until its statements are collected.
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true });
    },
  };
}
