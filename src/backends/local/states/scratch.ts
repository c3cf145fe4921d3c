import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
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
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [pid = '', scope] = name.split('-', 2);
    // Never remove other names.
    if (!/^\d+$/.test(pid)) continue;
    const place = path.join(folder, name);
    const hasEnded = scope === pidScope() && !isRunning(Number(pid));
    if (hasEnded || (await isOld(place))) {
      await rm(place, { recursive: true, force: true }).catch(() => undefined);
    }
  }
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
