import { z } from 'zod';
import { RuntimeFailure } from '../core/failure.ts';
import { newFileId } from '../core/ids.ts';
import type { FilePage, FileRange, StoredFile } from '../core/stored-file.ts';
import type { Row } from './connection.ts';
import type { Statements } from './database.ts';
import type { Draft } from './drafts.ts';
import type { OpenStore } from './store.ts';

/** Time that the row of a removed file stays, so that lists can go on from its id: 30 days. */
const TRACE_MS = 30 * 86_400_000;

/** Rows that one transaction removes. */
const AT_ONCE = 100;

/** Properties of a file that its content does not determine. */
export interface FileDetails {
  readonly name: string;
  readonly isDownloadable: boolean;
  /** Time from now until it expires. */
  readonly lifetimeMs?: number | undefined;
}

/** Removes the files that were stored before a time. Returns their number. */
export async function removeOlder(store: OpenStore, before: number, now: number): Promise<number> {
  return removeAll(store, `removed_at IS NULL AND created_at < ?`, before, now);
}

const USAGE =
  'SELECT count(*) AS count, coalesce(sum(bytes), 0) AS bytes, min(created_at) AS oldest ' +
  'FROM files WHERE removed_at IS NULL AND created_at < ?';

const USAGE_ROW = z.object({ count: z.number(), bytes: z.number(), oldest: z.number().nullable() });

/** Number, size and age of the files that were stored before a time. */
export async function fileUsage(statements: Statements, before: number) {
  const { count, bytes, oldest } = USAGE_ROW.parse(await statements.get(USAGE, before));
  return { count, bytes, oldest: oldest === null ? undefined : new Date(oldest) };
}

/** Removes expired files, and the rows of files that were removed long ago. */
export async function removeExpired(store: OpenStore, now: number): Promise<void> {
  await removeAll(store, 'removed_at IS NULL AND expires_at <= ?', now, now);
  await store.database.write(async (statements) =>
    statements.run('DELETE FROM files WHERE removed_at < ?', now - TRACE_MS),
  );
}

async function removeAll(
  store: OpenStore,
  condition: string,
  value: number,
  now: number,
): Promise<number> {
  const query = `SELECT id FROM files WHERE ${condition} ORDER BY seq LIMIT ?`;
  for (let count = 0; ;) {
    const removed = await store.database.write(async (statements) => {
      const rows = await statements.all(query, value, AT_ONCE);
      for (const row of rows) await removeRow(store, statements, String(row['id']), now);
      return rows.length;
    });
    count += removed;
    await store.blobs.collect(store.database);
    if (removed < AT_ONCE) return count;
  }
}

/** Removes a file but for its row. Returns false if it was removed before. */
export async function removeRow(
  { blobs }: OpenStore,
  statements: Statements,
  id: string,
  now: number,
): Promise<boolean> {
  const mark = 'UPDATE files SET removed_at = ? WHERE id = ? AND removed_at IS NULL';
  if ((await statements.run(mark, now, id)) === 0) return false;
  const row = await statements.get(FIND, id);
  if (row !== undefined) await blobs.release(statements, decode(row).sha256);
  return true;
}

export async function insert(
  statements: Statements,
  draft: Draft,
  { name, isDownloadable, lifetimeMs }: FileDetails,
  now: number,
): Promise<StoredFile> {
  const file: StoredFile = {
    id: newFileId(),
    name,
    mediaType: draft.mediaType,
    bytes: draft.bytes,
    isDownloadable,
    createdAt: new Date(now),
    expiresAt: lifetimeMs === undefined ? undefined : new Date(now + lifetimeMs),
  };
  await statements.run(
    'INSERT INTO files (id, name, media_type, bytes, sha256, downloadable, created_at, expires_at) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    file.id,
    file.name,
    file.mediaType,
    file.bytes,
    draft.sha256,
    isDownloadable ? 1 : 0,
    now,
    file.expiresAt?.getTime() ?? null,
  );
  return file;
}

export const FIND = 'SELECT * FROM files WHERE id = ?';

const PRESENT = 'removed_at IS NULL AND (expires_at IS NULL OR expires_at > ?)';

export async function page(
  statements: Statements,
  { afterId, beforeId, limit }: FileRange,
  now: number,
): Promise<FilePage> {
  if (beforeId !== undefined) {
    const seq = await seqOf(statements, beforeId);
    const query = `SELECT * FROM files WHERE ${PRESENT} AND seq > ? ORDER BY seq LIMIT ?`;
    const rows = await statements.all(query, now, seq, limit + 1);
    return { files: filesOf(rows.slice(0, limit)).toReversed(), hasMore: rows.length > limit };
  }
  const seq = afterId === undefined ? Number.MAX_SAFE_INTEGER : await seqOf(statements, afterId);
  const query = `SELECT * FROM files WHERE ${PRESENT} AND seq < ? ORDER BY seq DESC LIMIT ?`;
  const rows = await statements.all(query, now, seq, limit + 1);
  return { files: filesOf(rows.slice(0, limit)), hasMore: rows.length > limit };
}

/** Position of a file in the list. Removed files have one too, so that a client can delete while it lists. */
async function seqOf(statements: Statements, id: string): Promise<number> {
  const row = await statements.get(FIND, id);
  if (row !== undefined) return decode(row).seq;
  throw new RuntimeFailure('invalid-request', `No file has the id '${id}'.`);
}

const FILE_ROW = z.object({
  seq: z.number(),
  id: z.string(),
  name: z.string(),
  media_type: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  downloadable: z.number(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  removed_at: z.number().nullable(),
});

type FileRow = z.output<typeof FILE_ROW>;

export function decode(row: Row): FileRow {
  return FILE_ROW.parse(row);
}

function filesOf(rows: readonly Row[]): readonly StoredFile[] {
  return rows.map((row) => toFile(decode(row)));
}

export function toFile(row: FileRow): StoredFile {
  return {
    id: row.id,
    name: row.name,
    mediaType: row.media_type,
    bytes: row.bytes,
    isDownloadable: row.downloadable === 1,
    createdAt: new Date(row.created_at),
    expiresAt: row.expires_at === null ? undefined : new Date(row.expires_at),
  };
}

export function isExpired({ expires_at }: FileRow, now: number): boolean {
  return expires_at !== null && expires_at <= now;
}
