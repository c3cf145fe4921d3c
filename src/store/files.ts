import type { FileHandle } from 'node:fs/promises';
import { rm } from 'node:fs/promises';
import { RuntimeFailure } from '../core/failure.ts';
import { isErrno } from '../core/json.ts';
import type { FilePage, FileRange, StoredFile } from '../core/stored-file.ts';
import { writeDraft } from './drafts.ts';
import {
  decode,
  FIND,
  insert,
  isExpired,
  page,
  removeExpired,
  removeOlder,
  removeRow,
  toFile,
} from './file-rows.ts';
import type { FileDetails } from './file-rows.ts';
import { storeFailure } from './failures.ts';
import type { Store } from './store.ts';

/** The real API's limit on a file. */
export const MOST_FILE_BYTES = 500 * 1024 * 1024;

export interface FileStoreOptions {
  /** Time after which files are removed; undefined keeps them. */
  readonly keepMs?: number | undefined;
  readonly now?: () => number;
}

/** Stored file with its content, which the caller must close. */
export interface OpenedFile {
  readonly file: StoredFile;
  /** SHA-256 of the content in hexadecimal digits. */
  readonly sha256: string;
  readonly content: FileHandle;
}

/** Files that clients upload or tools write. */
export class FileStore {
  readonly #store: Store;
  readonly #now: () => number;

  constructor(store: Store, { keepMs, now = Date.now }: FileStoreOptions = {}) {
    this.#store = store;
    this.#now = now;
    store.addUpkeep(async (opened) => {
      await removeExpired(opened, now());
      if (keepMs !== undefined) await removeOlder(opened, now() - keepMs, now());
    });
  }

  /**
   * Stores a content as a new file. The file is on disk when the promise resolves.
   *
   * @param describe returns the details, after the content was read
   * @throws {request-too-large} above 500 MB, {invalid-request} if the store or the disk is full
   */
  async add(
    content: AsyncIterable<Uint8Array>,
    describe: (mediaType: string) => Promise<FileDetails>,
    mostBytes = MOST_FILE_BYTES,
  ): Promise<StoredFile> {
    const store = await this.#store.open();
    const draft = await writeDraft(store.blobs.drafts, content, mostBytes);
    try {
      const details = await describe(draft.mediaType);
      return await store.database.write(async (statements) => {
        await store.blobs.hold(statements, draft, store.mostBytes);
        return insert(statements, draft, details, this.#now());
      });
    } catch (error) {
      await rm(draft.path, { force: true });
      throw error;
    }
  }

  /** @throws {resource-not-found} if no such file exists, or it has expired */
  async get(id: string): Promise<StoredFile> {
    return (await this.#find(id)).file;
  }

  /**
   * Opens the content of a file. The caller must close it.
   *
   * @throws {resource-not-found} if no such file exists, or it has expired
   */
  async open(id: string): Promise<OpenedFile> {
    const { file, sha256, store } = await this.#find(id);
    try {
      return { file, sha256, content: await store.blobs.open(sha256) };
    } catch (error) {
      // The file was removed meanwhile.
      throw isErrno(error, 'ENOENT') ? fileNotFound(id) : storeFailure(error);
    }
  }

  /** @throws {invalid-request} if an id of the range names no file */
  async list(range: FileRange): Promise<FilePage> {
    const store = await this.#store.openIfPresent();
    if (store === undefined) return { files: [], hasMore: false };
    return store.database.read(async (statements) => page(statements, range, this.#now()));
  }

  /** Returns the files with these ids that exist, the newest first. */
  async listed(ids: readonly string[]): Promise<readonly StoredFile[]> {
    const store = await this.#store.openIfPresent();
    const rows = await store?.database.read(async (statements) =>
      Promise.all(ids.map(async (id) => statements.get(FIND, id))),
    );
    return (rows ?? [])
      .flatMap((row) => (row === undefined ? [] : [decode(row)]))
      .filter((row) => row.removed_at === null && !isExpired(row, this.#now()))
      .toSorted((one, other) => other.seq - one.seq)
      .map(toFile);
  }

  /** @throws {resource-not-found} if no such file exists, or it has expired */
  async remove(id: string): Promise<void> {
    const { store } = await this.#find(id);
    const removed = await store.database.write(async (statements) =>
      removeRow(store, statements, id, this.#now()),
    );
    if (!removed) throw fileNotFound(id);
    await store.blobs.collect(store.database);
  }

  async #find(id: string) {
    const store = await this.#store.openIfPresent();
    const row = await store?.database.read(async (statements) => statements.get(FIND, id));
    if (store === undefined || row === undefined) throw fileNotFound(id);
    const found = decode(row);
    if (isExpired(found, this.#now())) throw fileExpired(id);
    if (found.removed_at !== null) throw fileNotFound(id);
    return { store, file: toFile(found), sha256: found.sha256 };
  }
}

/** Failure in the API's words. */
function fileNotFound(id: string): RuntimeFailure {
  return new RuntimeFailure('resource-not-found', `File not found: ${id}`);
}

function fileExpired(id: string): RuntimeFailure {
  return new RuntimeFailure('resource-not-found', `File expired: ${id}`, {
    details: { error_code: 'file_expired' },
  });
}
