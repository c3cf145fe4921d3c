import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileStore } from '../../src/store/files.ts';
import type { FileStoreOptions } from '../../src/store/files.ts';
import { Store } from '../../src/store/store.ts';
import type { StoreOptions } from '../../src/store/store.ts';

/** Folder of a store; removed by `remove`. */
export async function storeFolder() {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-store-'));
  const folder = path.join(home, 'store');
  return {
    folder,
    blobs: () => readdir(path.join(folder, 'blobs')),
    drafts: () => readdir(path.join(folder, 'drafts')),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Store of a folder with its files. */
export function openFiles(
  folder: string,
  options: Partial<StoreOptions> = {},
  fileOptions: FileStoreOptions = {},
) {
  const store = new Store({ folder, mostBytes: 1e9, role: 'server', ...options });
  return { store, files: new FileStore(store, fileOptions) };
}

/** Content in pieces, as a stream passes it. */
export async function* pieces(...texts: readonly (string | Uint8Array)[]) {
  for (const text of texts) yield typeof text === 'string' ? Buffer.from(text) : text;
}

/** Details of a file with a name. */
export function named(name: string, lifetimeMs?: number) {
  return async () => ({ name, isDownloadable: false, lifetimeMs });
}
