import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RuntimeFailure } from '../../core/failure.ts';
import { diskFailure } from '../disk.ts';
import { downloadCancelled } from '../request.ts';
import { damaged } from './entry.ts';
import type { ArchiveEntry } from './entry.ts';
import { readTarGz } from './tar.ts';
import { readZip } from './zip.ts';

/** Returns true for the name of an archive that can be unpacked. */
export function isArchive(name: string): boolean {
  return /\.(tar\.gz|zip)$/.test(name);
}

/**
 * Unpacks a `.tar.gz` or `.zip` file into a folder. An entry is only written inside of it: paths with `..`, absolute
 * paths, and links to other folders are refused, and no existing file is overwritten.
 *
 * @throws {backend-failed} for a damaged archive or such a path; {conflict} if the disk is full; {cancelled} on abort
 */
export async function unpack(file: string, folder: string, signal: AbortSignal): Promise<void> {
  const entries = file.endsWith('.zip') ? readZip(file, signal) : readTarGz(file, signal);
  try {
    for await (const entry of entries) await place(file, entry, folder);
  } catch (error) {
    if (signal.aborted) throw downloadCancelled();
    if (error instanceof RuntimeFailure) throw error;
    const isPacking =
      error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isPacking ? damaged(file, 'is damaged') : diskFailure(error, folder);
  }
}

async function place(file: string, entry: ArchiveEntry, folder: string): Promise<void> {
  const names = entry.path.split('/').filter((name) => name !== '' && name !== '.');
  if (entry.path.startsWith('/') || !names.every(isPlainName)) {
    throw damaged(file, `contains the path '${entry.path}', which leaves its folder`);
  }
  const target = join(folder, ...names);
  if (entry.kind === 'folder' || names.length === 0) {
    await mkdir(target, { recursive: true });
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  if (entry.kind === 'link') {
    const { target: linked = '' } = entry;
    // Libraries have several names in one folder. Only such a link can't lead out of it.
    if (!isPlainName(linked)) {
      throw damaged(file, `contains a link to '${linked}', which leaves its folder`);
    }
    await symlink(linked, target);
    return;
  }
  // With `wx`, an entry is not written through a link of an earlier one.
  const mode = entry.isProgram ? 0o755 : 0o644;
  await pipeline(entry.content, createWriteStream(target, { flags: 'wx', mode }));
}

/** Returns true for the name of one file, on every platform. */
function isPlainName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name);
}
