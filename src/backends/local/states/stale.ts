import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Removes temporary folders of ended processes. Their names begin with the id of the process. */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const stale = names.filter((name) => !isRunning(Number.parseInt(name, 10)));
  await Promise.all(stale.map((name) => rm(path.join(folder, name), { recursive: true })));
}

function isRunning(pid: number): boolean {
  // Never remove other names.
  if (!Number.isInteger(pid)) return true;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
