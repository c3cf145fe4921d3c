import { connect, createForOwner } from './connection.ts';
import type { Connection, Row, SqlValue, Statement } from './connection.ts';
import { migrate } from './migrations.ts';
import { storeFailure } from './failures.ts';

/** Statements of one unit of work. Each one has to be small: it runs on the main thread. */
export interface Statements {
  /** Runs a statement and returns the number of changed rows. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** Returns the first row. The query should find at most one. */
  get(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined>;
  /** Returns all rows. The query has to have a limit. */
  all(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
}

type Work<Result> = (statements: Statements) => Promise<Result>;

/** Time that a transaction waits for that of another process. */
const BUSY_TIMEOUT_MS = 5000;

/**
 * SQLite database. Units of work run one after another. `BEGIN` and `COMMIT`, which wait for other processes
 * and for the disk, run outside of the main thread; statements between them touch memory.
 */
export class Database {
  readonly #connection: Connection;
  readonly #prepared = new Map<string, Promise<Statement>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Runs reading statements. */
  async read<Result>(work: Work<Result>): Promise<Result> {
    return this.#next(async () => work(this.#statements()));
  }

  /** Runs statements in one transaction, which is on disk when the promise resolves, or has no effect. */
  async write<Result>(work: Work<Result>): Promise<Result> {
    return this.#next(async () => {
      await this.#connection.exec('BEGIN IMMEDIATE');
      try {
        const result = await work(this.#statements());
        await this.#connection.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk may have rolled back the transaction already.
        await this.#connection.exec('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /**
   * Closes the database after the units of work that wait. The write-ahead log is emptied here, because
   * libsql really closes the files only after all statements are collected.
   */
  async close(): Promise<void> {
    await this.#next(async () => {
      await this.#connection.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
      this.#connection.close();
    });
  }

  #next<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work).catch((error: unknown) => {
      throw storeFailure(error);
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  #statements(): Statements {
    return {
      run: async (sql, ...values) => (await this.#prepare(sql)).run(values).changes,
      get: async (sql, ...values) => (await this.#prepare(sql)).get(values),
      all: async (sql, ...values) => (await this.#prepare(sql)).all(values),
    };
  }

  /** Prepares a statement once. Texts are constants of the code, so their number is bounded. */
  #prepare(sql: string): Promise<Statement> {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#prepared.set(sql, statement);
    statement.catch(() => this.#prepared.delete(sql));
    return statement;
  }
}

/**
 * Opens a database, and creates it or migrates its tables if necessary.
 *
 * @throws {conflict} if it can't be opened, with the reason
 */
export async function openDatabase(file: string): Promise<Database> {
  try {
    await createForOwner(file);
    const connection = await connect(file, BUSY_TIMEOUT_MS);
    try {
      await connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      await migrate(connection);
      return new Database(connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw storeFailure(error);
  }
}
