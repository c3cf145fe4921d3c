import { open } from 'node:fs/promises';
import { isErrno } from '../core/json.ts';

/** Value of a column. */
export type SqlValue = string | number | null;

export type Row = Readonly<Record<string, unknown>>;

/** Used part of libsql, whose own types are `any`. */
export interface Connection {
  exec(sql: string): Promise<void>;
  prepare(sql: string): Promise<Statement>;
  close(): void;
}

export interface Statement {
  run(values: readonly SqlValue[]): { readonly changes: number };
  get(values: readonly SqlValue[]): Row | undefined;
  all(values: readonly SqlValue[]): Promise<readonly Row[]>;
}

/** Opens a connection. libsql is imported lazily: most servers store nothing. */
export async function connect(file: string, timeoutMs: number): Promise<Connection> {
  const { default: Libsql } = await import('libsql/promise');
  return new Libsql(file, { timeout: timeoutMs });
}

/** Creates a file for its owner only. SQLite creates its other files with the same mode. */
export async function createForOwner(file: string): Promise<void> {
  try {
    await (await open(file, 'wx', 0o600)).close();
  } catch (error) {
    // An existing file must not be opened: closing it would end this process's locks on it.
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}
