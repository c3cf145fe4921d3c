import { RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import type { PartialFile } from './partial-file.ts';
import { isTemporary, refusal } from './refusal.ts';
import { broken, cancelled, ConnectionBroken, get } from './request.ts';
import type { Access, Reply } from './request.ts';

/** One file to get. */
export interface RemoteFile {
  readonly url: string;
  /** As the source lists it. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** Where its terms are accepted, on Hugging Face. */
  readonly page?: string;
}

export interface TransferOptions {
  readonly access: Access | undefined;
  readonly signal: AbortSignal;
  /** Told what is there, and of how many bytes; undefined where the server does not tell. */
  readonly onBytes: (done: number, total: number | undefined) => void;
  /** Throws where the disk has no room for so many bytes more. */
  readonly checkSpace: (bytes: number) => Promise<void>;
}

/** What a whole file has to be. */
export interface Expected {
  readonly bytes: number;
  readonly sha256: string | undefined;
}

/**
 * Gets what is missing of a file, in one request, and tells what the whole has to be. Throws
 * ConnectionBroken where another try may go on, else a RuntimeFailure.
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
    // A file that has changed since comes whole; one with a known hash is checked by that.
    ...(file.sha256 === undefined && etag !== undefined && { 'if-range': etag }),
  };
  const { access } = options;
  const reply = await get(file.url, { access, signal, ...(headers && { headers }) });
  try {
    return await receive(reply, file, part, options);
  } finally {
    // Leaving a body unread is an error to it, and none to us.
    reply.body.on('error', () => undefined).destroy();
  }
}

/** Whether the bytes that are there are a beginning of this very file. */
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
      `${file.url} tells neither its size nor its hash, so that a part could be taken for all of it; ` +
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

/** Leaves only answers whose body goes on exactly where the part ends. */
async function settleStatus(reply: Reply, file: RemoteFile, part: PartialFile): Promise<void> {
  const { status } = reply;
  const start = /^bytes (\d+)-/.exec(reply.header('content-range') ?? '')?.[1];
  if (status === 206 && Number(start) === part.bytes) return;
  if (status === 200) {
    if (part.bytes > 0) await part.restart();
    return;
  }
  if (status === 206 || status === 416) {
    // The part is none of this file's: without it the next try asks for the whole.
    await part.restart();
    throw new ConnectionBroken(
      `${new URL(reply.url).host} could not go on from where it broke off`,
    );
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
      throw signal.aborted ? cancelled() : broken(url, error);
    });
    if (next.done === true) return;
    await part.append(next.value);
    onBytes(part.bytes, total);
  }
}

/** The size of the whole file, of which `there` bytes are here already. */
function totalOf(reply: Reply, there: number): number | undefined {
  const ranged = /\/(\d+)$/.exec(reply.header('content-range') ?? '')?.[1];
  if (ranged !== undefined) return Number(ranged);
  const length = reply.header('content-length');
  return length === undefined ? undefined : there + Number(length);
}

/** `W/"…"` says only that two files mean the same. */
function strongTag(etag: string | undefined): string | undefined {
  return etag?.startsWith('"') === true ? etag : undefined;
}

function expected(file: RemoteFile, bytes: number, sha256: string | undefined): Expected {
  return { bytes: file.bytes ?? bytes, sha256 };
}
