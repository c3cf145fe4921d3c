import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord, parseJson } from '../core/json.ts';
import { connect, createForOwner } from './connection.ts';
import { storeInUse } from './failures.ts';

/** Server's exclusive use of a store. */
export interface Ownership {
  end(): Promise<void>;
}

/**
 * Takes the exclusive use of a store, by a lock of SQLite. The system ends it with the process, even if that
 * is killed.
 *
 * @throws {conflict} if another server has it
 */
export async function takeOwnership(folder: string): Promise<Ownership> {
  const file = join(folder, 'owner.lock');
  const record = join(folder, 'owner.json');
  await createForOwner(file);
  const connection = await connect(file, 0);
  try {
    await connection.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    connection.close();
    if (isRecord(error) && String(error['code']).startsWith('SQLITE_BUSY')) {
      throw storeInUse(await ownerName(record));
    }
    throw error;
  }
  // Only for the message of other servers, so a full disk may prevent it.
  const text = JSON.stringify({ pid: process.pid });
  await writeFile(record, text, { mode: 0o600 }).catch(() => undefined);
  return {
    async end() {
      await rm(record, { force: true }).catch(() => undefined);
      connection.close();
    },
  };
}

async function ownerName(record: string): Promise<string> {
  const owner = parseJson(await readFile(record, 'utf8').catch(() => ''));
  return isRecord(owner) && typeof owner['pid'] === 'number' ? ` (process ${owner['pid']})` : '';
}
