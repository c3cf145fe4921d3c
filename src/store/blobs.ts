import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Statements } from './database.ts';
import type { Draft } from './drafts.ts';
import { storageExceeded } from './failures.ts';
import { formatSize } from '../units/size.ts';

/** Rows that one transaction removes. */
const AT_ONCE = 100;

/**
 * Contents in files that are named by their SHA-256. The table `blobs` counts the rows of other tables that
 * need each one. Files are placed and removed only inside of a writing transaction, so that processes do not
 * remove what another one places.
 */
export class Blobs {
  readonly #folder: string;
  /** Folder of contents that are being received. */
  readonly drafts: string;

  constructor(storeFolder: string) {
    this.#folder = join(storeFolder, 'blobs');
    this.drafts = join(storeFolder, 'drafts');
  }

  async createFolders(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await mkdir(this.drafts, { recursive: true, mode: 0o700 });
  }

  /**
   * Makes a draft the content of a row that the same transaction writes. Equal contents are stored once.
   *
   * @param mostBytes limit of all contents together
   * @throws {invalid-request} if they would exceed the limit
   */
  async hold(statements: Statements, draft: Draft, mostBytes: number): Promise<void> {
    const { sha256, bytes } = draft;
    const used = await usedBytes(statements);
    const known = await statements.run('UPDATE blobs SET refs = refs + 1 WHERE sha256 = ?', sha256);
    if (known === 0) {
      if (used + bytes > mostBytes) {
        throw storageExceeded(
          `it has ${formatSize(used)} of ${formatSize(mostBytes)}, and the file has ${formatSize(bytes)}`,
        );
      }
      await statements.run('INSERT INTO blobs VALUES (?, ?, 1)', sha256, bytes);
    }
    await this.#place(draft);
  }

  /** Records that a row no longer needs a content. `collect` then removes it. */
  async release(statements: Statements, sha256: string): Promise<void> {
    await statements.run('UPDATE blobs SET refs = refs - 1 WHERE sha256 = ?', sha256);
  }

  /** Removes the contents that no row needs. */
  async collect(database: Database): Promise<void> {
    for (;;) {
      const removed = await database.write(async (statements) => {
        const query = 'SELECT sha256 FROM blobs WHERE refs = 0 LIMIT ?';
        const unused = await statements.all(query, AT_ONCE);
        for (const row of unused) {
          const sha256 = String(row['sha256']);
          await rm(this.#pathOf(sha256), { force: true });
          await statements.run('DELETE FROM blobs WHERE sha256 = ?', sha256);
        }
        return unused.length;
      });
      if (removed < AT_ONCE) return;
    }
  }

  /** Removes what an ended process left: its drafts, and contents that no committed row names. */
  async sweep(database: Database): Promise<void> {
    for await (const { name } of await opendir(this.drafts)) {
      await rm(join(this.drafts, name), { force: true, recursive: true });
    }
    for await (const { name } of await opendir(this.#folder)) {
      const isKnown = async (statements: Statements) =>
        (await statements.get('SELECT 1 FROM blobs WHERE sha256 = ?', name)) !== undefined;
      if (await database.read(isKnown)) continue;
      await database.write(async (statements) => {
        if (await isKnown(statements)) return;
        await rm(this.#pathOf(name), { force: true, recursive: true });
      });
    }
    await this.collect(database);
  }

  /** Opens a content for reading. It stays readable if it is removed meanwhile. */
  async open(sha256: string): Promise<FileHandle> {
    return open(this.#pathOf(sha256));
  }

  async #place({ path, sha256, bytes }: Draft): Promise<void> {
    const target = this.#pathOf(sha256);
    const present = await stat(target).catch(() => undefined);
    if (present?.size === bytes) {
      await rm(path, { force: true });
      return;
    }
    await rename(path, target);
    await syncFolder(this.#folder);
  }

  #pathOf(sha256: string): string {
    return join(this.#folder, sha256);
  }
}

/** Bytes of all contents together. */
async function usedBytes(statements: Statements): Promise<number> {
  const row = await statements.get('SELECT coalesce(sum(bytes), 0) AS bytes FROM blobs');
  return Number(row?.['bytes']);
}

/** Flushes the names of a folder's files to the disk. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
