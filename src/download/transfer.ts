import { RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import type { PartialFile } from './partial-file.ts';
import { isTemporary, refusal } from './refusal.ts';
import { broken, downloadCancelled, ConnectionBroken, get } from './request.ts';
import type { Access, Reply } from './request.ts';

/** File to download. */
export interface RemoteFile {
  readonly url: string;
  /** Size in the source's list. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** Page on Hugging Face where a user accepts the terms. */
  readonly page?: string;
}

export interface TransferOptions {
  readonly access: Access | undefined;
  readonly signal: AbortSignal;
  /** Receives the present bytes and the total; undefined if the server does not report a total. */
  readonly onBytes: (done: number, total: number | undefined) => void;
  /** Throws if the disk has no space for this many further bytes. */
  readonly checkSpace: (bytes: number) => Promise<void>;
}

/** Expected size and hash of the complete file. */
export interface Expected {
  readonly bytes: number;
  readonly sha256: string | undefined;
}

/**
 * Requests the missing bytes of a file once, and returns the expected size and hash.
 *
 * @throws ConnectionBroken if a further attempt may resume; else RuntimeFailure
 */
export async function transfer(
  file: RemoteFile,
  part: PartialFile,
  options: TransferOptions,
): Promise<Expected> {
  const { signal } = options;
  if (!belongs(part, file)) await part.restart();
  if (part.bytes > 0 && part.bytes === file.bytes) return expected(file, part.bytes, file.sha256);
  const etag = part.identity?.etag;
  const headers = part.bytes > 0 && {
    range: `bytes=${part.bytes}-`,
    // With `If-Range`, a changed file is sent completely. A known hash detects the change by itself.
    ...(file.sha256 === undefined && etag !== undefined && { 'if-range': etag }),
  };
  const { access } = options;
  const reply = await get(file.url, { access, signal, ...(headers && { headers }) });
  try {
    return await receive(reply, file, part, options);
  } finally {
    // Destroying an unread body emits an error, which is expected here.
    reply.body.on('error', () => undefined).destroy();
  }
}

/** Returns true if the present bytes are the beginning of this version of the file. */
function belongs({ bytes, identity }: PartialFile, file: RemoteFile): boolean {
  if (bytes === 0) return true;
  if (identity === undefined || (file.bytes !== undefined && bytes > file.bytes)) return false;
  if (file.sha256 !== undefined) return identity.sha256 === file.sha256;
  return identity.url === file.url && (identity.etag ?? identity.sha256) !== undefined;
}

async function receive(
  reply: Reply,
  file: RemoteFile,
  part: PartialFile,
  options: TransferOptions,
): Promise<Expected> {
  await settleStatus(reply, file, part);
  const total = totalOf(reply, part.bytes);
  const sha256 = file.sha256 ?? reply.sha256;
  const begun = part.identity?.sha256;
  if (part.bytes > 0 && begun !== undefined && begun !== sha256) {
    await part.restart();
    throw new ConnectionBroken(`${file.url} has changed since it was begun`);
  }
  if (file.bytes !== undefined && total !== undefined && total !== file.bytes) {
    throw new RuntimeFailure(
      'backend-failed',
      `${file.url} has ${formatSize(total)}, but ${formatSize(file.bytes)} are listed; ` +
        'it is being replaced, perhaps: try again later',
    );
  }
  if (
    total === undefined &&
    sha256 === undefined &&
    reply.header('transfer-encoding') === undefined
  ) {
    throw new RuntimeFailure(
      'backend-failed',
      `${file.url} reports neither its size nor its hash, so an incomplete file would not be noticed; ` +
        'download it by other means, and name it with `file:` in models.yaml',
    );
  }
  if (total !== undefined) await options.checkSpace(total - part.bytes);
  const etag = strongTag(reply.header('etag'));
  if (part.bytes === 0) await part.identify({ url: file.url, sha256, etag });
  await store(reply, part, total, options);
  if (total !== undefined && part.bytes < total) {
    throw new ConnectionBroken(`${new URL(reply.url).host} ended the file too early`);
  }
  return expected(file, total ?? part.bytes, sha256);
}

/** Accepts only responses whose body continues exactly at the end of the part. */
async function settleStatus(reply: Reply, file: RemoteFile, part: PartialFile): Promise<void> {
  const { status } = reply;
  const start = /^bytes (\d+)-/.exec(reply.header('content-range') ?? '')?.[1];
  if (status === 206 && Number(start) === part.bytes) return;
  if (status === 200) {
    if (part.bytes > 0) await part.restart();
    return;
  }
  if (status === 206 || status === 416) {
    // The part belongs to another version: without it, the next attempt requests the complete file.
    await part.restart();
    throw new ConnectionBroken(`${new URL(reply.url).host} could not resume the download`);
  }
  if (isTemporary(status))
    throw new ConnectionBroken(`${new URL(reply.url).host} answers ${status}`);
  throw refusal(status, file);
}

async function store(
  { body, url }: Reply,
  part: PartialFile,
  total: number | undefined,
  { signal, onBytes }: TransferOptions,
): Promise<void> {
  onBytes(part.bytes, total);
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      throw signal.aborted ? downloadCancelled() : broken(url, error);
    });
    if (next.done === true) return;
    await part.append(next.value);
    onBytes(part.bytes, total);
  }
}

/** Size of the complete file, of which `there` bytes are already present. */
function totalOf(reply: Reply, there: number): number | undefined {
  const ranged = /\/(\d+)$/.exec(reply.header('content-range') ?? '')?.[1];
  if (ranged !== undefined) return Number(ranged);
  const length = reply.header('content-length');
  return length === undefined ? undefined : there + Number(length);
}

/** Returns a strong ETag. A weak one (`W/"…"`) does not guarantee equal bytes. */
function strongTag(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}

function expected(file: RemoteFile, bytes: number, sha256: string | undefined): Expected {
  return { bytes: file.bytes ?? bytes, sha256 };
}
