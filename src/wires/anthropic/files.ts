import { z } from 'zod';
import { RuntimeFailure } from '../../core/failure.ts';
import type { JsonObject } from '../../core/json.ts';
import type { StoredFile } from '../../core/stored-file.ts';
import type { FileSource, ListRequest, WireHeaders } from '../wire.ts';
import { parseWith } from './issues.ts';

/** Clients that announce it list by the ids of files, all others by pages. */
const OLDER_BETA = 'files-api-2025-04-14';

const MOST_IDS = 100;

const limit = z.coerce.number().int().min(1).max(1000);

const pagedQuery = z.object({
  ids: z.array(z.string()).optional(),
  limit: limit.optional(),
  page: z.string().optional(),
});

const olderQuery = z.object({
  after_id: z.string().optional(),
  before_id: z.string().optional(),
  limit: limit.default(20),
  scope_id: z.string().optional(),
});

/** Encodes the facts of a file. */
export function encodeFile(file: StoredFile): JsonObject {
  return {
    id: file.id,
    type: 'file',
    filename: file.name,
    mime_type: file.mediaType,
    size_bytes: file.bytes,
    created_at: file.createdAt.toISOString(),
    downloadable: file.isDownloadable,
    expires_at: file.expiresAt?.toISOString() ?? null,
  };
}

/** Answers `GET /v1/files` in the shape that the client knows. */
export async function listStoredFiles(
  files: FileSource,
  { headers, query }: ListRequest,
): Promise<JsonObject> {
  return announces(headers, OLDER_BETA) ? listByIds(files, query) : listByPages(files, query);
}

function announces(headers: WireHeaders, beta: string): boolean {
  const betas = [headers['anthropic-beta'] ?? []].flat();
  return betas.some((given) => given.split(',').some((name) => name.trim() === beta));
}

type Query = ListRequest['query'];

async function listByPages(files: FileSource, query: Query): Promise<JsonObject> {
  refuseOthers(query, ['after_id', 'before_id'], `use page, or send anthropic-beta: ${OLDER_BETA}`);
  const given = { ...query, ids: idsOf(query) };
  const { ids, page, limit: most } = parseWith(pagedQuery, given);
  if (ids !== undefined) {
    if (page !== undefined || most !== undefined) {
      throw invalid("ids: can't be used together with page or limit");
    }
    if (ids.length > MOST_IDS) throw invalid(`ids: at most ${MOST_IDS} ids are allowed`);
    return { data: (await files.listed(ids)).map(encodeFile), next_page: null };
  }
  const afterId = page === undefined ? undefined : idOfPage(page);
  const { files: listed, hasMore } = await files.list({ limit: most ?? 20, afterId });
  const last = listed.at(-1);
  return {
    data: listed.map(encodeFile),
    next_page: hasMore && last !== undefined ? pageAfter(last.id) : null,
  };
}

/** Ids of a query in any notation of lists: `ids=a&ids=b`, `ids[]=a` or `ids=a,b`. */
function idsOf(query: Query): readonly string[] | undefined {
  const given = [query['ids'] ?? [], query['ids[]'] ?? []].flat().map(String);
  if (given.length === 0) return undefined;
  return [...new Set(given.flatMap((text) => text.split(',')).filter((id) => id !== ''))];
}

async function listByIds(files: FileSource, query: Query): Promise<JsonObject> {
  refuseOthers(query, ['page', 'ids'], 'use after_id and before_id');
  const { after_id, before_id, limit: most, scope_id } = parseWith(olderQuery, query);
  if (before_id !== undefined && after_id !== undefined) {
    throw invalid("before_id: can't be used together with after_id; leave one of them out");
  }
  // No session of this server creates files.
  const { files: listed, hasMore } =
    scope_id === undefined
      ? await files.list({ limit: most, afterId: after_id, beforeId: before_id })
      : { files: [], hasMore: false };
  return {
    data: listed.map(encodeFile),
    has_more: hasMore,
    first_id: listed.at(0)?.id ?? null,
    last_id: listed.at(-1)?.id ?? null,
  };
}

function refuseOthers(query: Query, names: readonly string[], hint: string): void {
  const other = names.find((name) => query[name] !== undefined);
  if (other !== undefined) throw invalid(`${other}: Extra inputs are not permitted; ${hint}`);
}

const PAGE = 'page_';

/** Cursor that clients treat as opaque. */
function pageAfter(id: string): string {
  return `${PAGE}${Buffer.from(id).toString('base64url')}`;
}

function idOfPage(page: string): string {
  const id = Buffer.from(page.slice(PAGE.length), 'base64url').toString();
  if (page !== pageAfter(id)) throw invalid('page: not a cursor of an earlier list');
  return id;
}

/** Characters that a file name must not contain, as in the API. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[<>:"|?*\\/\0-\x1f]/;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': '.pdf',
  'application/gzip': '.gz',
  'application/zip': '.zip',
  'image/gif': '.gif',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'text/plain': '.txt',
};

/** Reads the name of an uploaded file: the last component of a path. A missing name is made. */
export function decodeFileName(given: string | undefined): (mediaType: string) => string {
  const name = given?.split(/[/\\]/).at(-1)?.trim().toWellFormed() ?? '';
  if (name === '') return (mediaType) => `unnamed${EXTENSIONS[mediaType] ?? ''}`;
  if (name.length > 255) throw invalid('file: filename must have 1 to 255 characters');
  if (FORBIDDEN.test(name)) {
    throw invalid('file: filename must not contain < > : " | ? * \\ / or control characters');
  }
  return () => name;
}

const lifetime = z.object({
  expires_in_seconds: z.coerce.number().int().min(3600).max(7_776_000).optional(),
});

/** Reads `expires_in_seconds` of an upload: one hour to ninety days, in milliseconds. */
export function decodeLifetime(fields: ReadonlyMap<string, string>): number | undefined {
  for (const name of fields.keys()) {
    if (name !== 'expires_in_seconds') throw invalid(`${name}: Extra inputs are not permitted`);
  }
  const { expires_in_seconds } = parseWith(lifetime, Object.fromEntries(fields));
  return expires_in_seconds === undefined ? undefined : expires_in_seconds * 1000;
}

function invalid(message: string): RuntimeFailure {
  return new RuntimeFailure('invalid-request', message);
}
