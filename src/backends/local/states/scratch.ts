import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { isRunning } from '../../../core/running.ts';

/** Age after which incomplete files are remains. Writing a file changes its time. */
const REMAINS_MS = 10 * 60_000;

/**
 * Name for a process's folder of temporary files. A process id means nothing to another container or machine with the
 * same volume, so the name has the scope of the id, too.
 */
export function scratchName(pid: number): string {
  return `${pid}-${pidScope()}-${randomUUID()}`;
}

/** Removes a folder of temporary files. Never throws: the next process removes what remains. */
export function removeScratch(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // Another process may be removing it.
  }
}

/**
 * Removes folders of temporary files that are in no use: those of ended processes, and those that no process has
 * changed for long, because the process may have ended elsewhere. One that is needed again is made again.
 */
export async function removeStale(folder: string): Promise<void> {
  for (const { place, hasEnded } of await scratchesIn(folder, '')) {
    if (hasEnded || (await isOld(place))) await remove(place);
  }
}

/** Prefix of folders in the system's folder for temporary files, which other programs use too. */
const SHARED_PREFIX = 'portico-slots-';

/**
 * Creates a folder for temporary files of this process in the system's folder for them, and removes those of ended
 * processes. Only the owner may read it, because states contain conversations.
 */
export async function makeSharedScratch(): Promise<string> {
  const all = tmpdir();
  for (const { place, hasEnded } of await scratchesIn(all, SHARED_PREFIX)) {
    if (hasEnded) await remove(place);
  }
  const folder = path.join(all, `${SHARED_PREFIX}${scratchName(process.pid)}`);
  await mkdir(folder, { mode: 0o700 });
  process.on('exit', () => removeScratch(folder));
  return folder;
}

/** Folders of temporary files in a folder. Other names are left out. */
async function scratchesIn(folder: string, prefix: string) {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => {
    const [pid = '', scope] = name.startsWith(prefix)
      ? name.slice(prefix.length).split('-', 2)
      : [];
    if (!/^\d+$/.test(pid)) return [];
    const hasEnded = scope === pidScope() && !isRunning(Number(pid));
    return [{ place: path.join(folder, name), hasEnded }];
  });
}

async function remove(place: string): Promise<void> {
  await rm(place, { recursive: true, force: true }).catch(() => undefined);
}

/** Returns true if neither a file, nor a folder or a file in it, has changed for long. */
export async function isOld(place: string): Promise<boolean> {
  const inside = await readdir(place).catch(() => []);
  for (const file of [place, ...inside.map((name) => path.join(place, name))]) {
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs < REMAINS_MS) return false;
  }
  return true;
}

/** Identity of the boot and of the PID namespace. Systems without such namespaces have a host name. */
function pidScope(): string {
  const hash = createHash('sha256').update(hostname());
  try {
    hash.update(readFileSync('/proc/sys/kernel/random/boot_id'));
    hash.update(readlinkSync('/proc/self/ns/pid'));
  } catch {
    // Only Linux has these files.
  }
  return hash.digest('hex').slice(0, 12);
}
