import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Blobs } from './blobs.ts';
import { openDatabase } from './database.ts';
import type { Database } from './database.ts';
import { storeFailure } from './failures.ts';
import { takeOwnership } from './owner.ts';
import type { Ownership } from './owner.ts';

export interface StoreOptions {
  readonly folder: string;
  /** Limit of all contents together. */
  readonly mostBytes: number;
  /**
   * `server`: the store is this process's alone while it is open, and what ended processes left is removed.
   * `visitor`: a command that may run beside a server.
   */
  readonly role: 'server' | 'visitor';
  /** Called if the hourly upkeep of a server fails. */
  readonly onUpkeepFailure?: (error: unknown) => void;
}

/** Open store. */
export interface OpenStore {
  readonly database: Database;
  readonly blobs: Blobs;
  readonly mostBytes: number;
}

interface Opened extends OpenStore {
  readonly ownership: Ownership | undefined;
  readonly timer: NodeJS.Timeout | undefined;
}

const UPKEEP_MS = 3_600_000;

/** Removal of what is no longer needed. */
type Upkeep = (store: OpenStore) => Promise<void>;

/**
 * Database and file contents in the data folder. It is opened by its first use: a server that stores nothing
 * creates no file. After a failure the next use opens it again.
 */
export class Store {
  readonly #options: StoreOptions;
  readonly #upkeep: Upkeep[] = [];
  #opened: Promise<Opened> | undefined;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /** Adds work of a server that follows each opening, before the store is used, and then each hour. */
  addUpkeep(upkeep: Upkeep): void {
    this.#upkeep.push(upkeep);
  }

  /**
   * Opens the store, and creates it if necessary.
   *
   * @throws {conflict} if another server uses it, or if it can't be used, with the reason
   */
  async open(): Promise<OpenStore> {
    this.#opened ??= this.#openAll();
    const opening = this.#opened;
    try {
      return await opening;
    } catch (error) {
      if (this.#opened === opening) this.#opened = undefined;
      throw storeFailure(error);
    }
  }

  /** Opens the store if something was stored before; else returns undefined. */
  async openIfPresent(): Promise<OpenStore | undefined> {
    if (this.#opened === undefined) {
      const found = await stat(this.#databaseFile).catch(() => undefined);
      if (found === undefined) return undefined;
    }
    return this.open();
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    clearInterval(opened?.timer);
    await opened?.database.close();
    await opened?.ownership?.end();
  }

  get #databaseFile(): string {
    return join(this.#options.folder, 'portico.db');
  }

  async #openAll(): Promise<Opened> {
    const { folder, mostBytes, role } = this.#options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const ownership = role === 'server' ? await takeOwnership(folder) : undefined;
    let database: Database | undefined;
    try {
      database = await openDatabase(this.#databaseFile);
      const blobs = new Blobs(folder);
      await blobs.createFolders();
      const store = { database, blobs, mostBytes };
      if (ownership === undefined) return { ...store, ownership, timer: undefined };
      await blobs.sweep(database);
      await this.#maintain(store);
      return { ...store, ownership, timer: this.#maintainHourly(store) };
    } catch (error) {
      await database?.close();
      await ownership?.end();
      throw error;
    }
  }

  async #maintain(store: OpenStore): Promise<void> {
    for (const upkeep of this.#upkeep) await upkeep(store);
  }

  #maintainHourly(store: OpenStore): NodeJS.Timeout {
    const maintain = (): void => {
      this.#maintain(store).catch((error: unknown) => this.#options.onUpkeepFailure?.(error));
    };
    return setInterval(maintain, UPKEEP_MS).unref();
  }
}
