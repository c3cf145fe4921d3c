import { RuntimeFailure } from '../core/failure.ts';
import type { Connection } from './connection.ts';

/**
 * Steps from an empty database to the present tables. The version of a database is the number of its steps.
 * A released step never changes: add another one.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE blobs (
     sha256 TEXT PRIMARY KEY,
     bytes INTEGER NOT NULL,
     -- Number of rows in other tables that need the content.
     refs INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX blobs_unused ON blobs (sha256) WHERE refs = 0;
   CREATE TABLE files (
     seq INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     media_type TEXT NOT NULL,
     bytes INTEGER NOT NULL,
     sha256 TEXT NOT NULL,
     downloadable INTEGER NOT NULL,
     -- Times in milliseconds since 1970.
     created_at INTEGER NOT NULL,
     expires_at INTEGER,
     -- The row of a removed file stays for a time: lists go on from its id.
     removed_at INTEGER
   ) STRICT;
   CREATE INDEX files_present ON files (seq) WHERE removed_at IS NULL;`,
];

/**
 * Brings a database to the present version, each step in a transaction of its own. Processes that do so at
 * the same time wait for each other.
 *
 * @throws {conflict} if a newer version of Portico wrote the database
 */
export async function migrate(
  connection: Connection,
  steps: readonly string[] = MIGRATIONS,
): Promise<void> {
  for (;;) {
    const version = await versionOf(connection);
    if (version > steps.length) throw madeByNewer(version, steps.length);
    if (version === steps.length) return;
    await takeStep(connection, steps, version);
  }
}

async function takeStep(
  connection: Connection,
  steps: readonly string[],
  expected: number,
): Promise<void> {
  await connection.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been first.
    if ((await versionOf(connection)) === expected) {
      await connection.exec(`${steps[expected] ?? ''}; PRAGMA user_version = ${expected + 1}`);
    }
    await connection.exec('COMMIT');
  } catch (error) {
    await connection.exec('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function versionOf(connection: Connection): Promise<number> {
  const row = (await connection.prepare('PRAGMA user_version')).get([]);
  return Number(row?.['user_version']);
}

function madeByNewer(version: number, known: number): RuntimeFailure {
  return new RuntimeFailure(
    'conflict',
    `The store in the data folder was made by a newer Portico: its version is ${version}, and this one ` +
      `knows ${known}. Update Portico, or set another PORTICO_HOME.`,
  );
}
