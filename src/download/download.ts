import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import { diskFailure, freeBytes, makeFolder, requireSpace } from './disk.ts';
import { hashFile, PartialFile } from './partial-file.ts';
import { downloadCancelled, ConnectionBroken } from './request.ts';
import type { Access } from './request.ts';
import { transfer } from './transfer.ts';
import type { Expected, RemoteFile } from './transfer.ts';

/** Remote file and its target path. */
export interface Download extends RemoteFile {
  readonly target: string;
  /** True for an archive with a known hash. All other files must be GGUF files. */
  readonly isArchive?: true;
}

export interface DownloadOptions {
  readonly access: Access | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FileProgress) => void;
  /** Receives the reason of a failed attempt before the next one. */
  readonly onRetry: (reason: string) => void;
  /** Pauses before further attempts, in milliseconds; an attempt with progress resets them. */
  readonly pauses?: readonly number[];
}

/** Progress of a file. */
export interface FileProgress {
  /** `checking` reads the bytes of an earlier attempt. */
  readonly phase: 'checking' | 'downloading';
  readonly done: number;
  readonly total: number | undefined;
}

/** Completed file. */
export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  /** Undefined for a file that existed before and has no hash to compare with. */
  readonly sha256: string | undefined;
  /** True if the source published this hash. */
  readonly verified: boolean;
  /** True if the file existed before and nothing was downloaded. */
  readonly wasThere: boolean;
}

const PAUSES = [1000, 2000, 4000, 8000, 16_000];

/**
 * Downloads a file completely or not at all: the file gets its name only after all bytes are checked.
 * Bytes received before an interruption or a crash are kept, and the next call resumes after them.
 *
 * @throws RuntimeFailure; {cancelled} if the signal aborts
 */
export async function download(file: Download, options: DownloadOptions): Promise<Downloaded> {
  const { target } = file;
  await makeFolder(dirname(target));
  const release = await lockPart(target);
  try {
    const { onProgress, signal } = options;
    const there = await stat(target).catch(() => undefined);
    if (there !== undefined) return await accept(file, there.size, options);
    const part = await PartialFile.open(target, signal, (done) =>
      onProgress({ phase: 'checking', done, total: file.bytes }),
    ).catch((error: unknown) => {
      throw signal.aborted ? downloadCancelled() : diskFailure(error, target);
    });
    return await complete(file, part, options);
  } finally {
    await release().catch(() => undefined);
  }
}

/** Checks an existing file of the same name: it may come from another source. */
async function accept(
  { target, url, bytes, sha256 }: Download,
  size: number,
  { signal, onProgress }: DownloadOptions,
): Promise<Downloaded> {
  const isOther = bytes !== undefined && bytes !== size;
  const digest =
    isOther || sha256 === undefined
      ? undefined
      : await hashFile(target, signal, (done) =>
          onProgress({ phase: 'checking', done, total: size }),
        );
  if (isOther || digest?.digest('hex') !== sha256) {
    throw new RuntimeFailure(
      'conflict',
      `${target} exists and differs from ${url}; remove it, or choose another name`,
    );
  }
  return { file: target, bytes: size, sha256, verified: sha256 !== undefined, wasThere: true };
}

async function complete(
  file: Download,
  part: PartialFile,
  options: DownloadOptions,
): Promise<Downloaded> {
  try {
    const whole = await transferAll(file, part, options);
    const reason = await faultOf(part, whole, file);
    if (reason !== undefined) {
      await part.discard();
      throw new RuntimeFailure(
        'backend-failed',
        `${file.url} ${reason}; the file was deleted, try again`,
      );
    }
    const { bytes } = part;
    const sha256 = part.digest();
    await part.finish();
    return {
      file: file.target,
      bytes,
      sha256,
      verified: whole.sha256 !== undefined,
      wasThere: false,
    };
  } catch (error) {
    await part.leave().catch(() => undefined);
    throw error instanceof RuntimeFailure ? error : diskFailure(error, file.target);
  }
}

/** Repeats the transfer until all bytes are present, with growing pauses while there is no progress. */
async function transferAll(
  file: Download,
  part: PartialFile,
  { access, signal, onProgress, onRetry, pauses = PAUSES }: DownloadOptions,
): Promise<Expected> {
  const folder = dirname(file.target);
  for (let failures = 0; ;) {
    const before = part.bytes;
    try {
      return await transfer(file, part, {
        access,
        signal,
        onBytes: (done, total) =>
          onProgress({ phase: 'downloading', done, total: total ?? file.bytes }),
        checkSpace: async (bytes) => requireSpace(bytes, await freeBytes(folder), folder),
      });
    } catch (error) {
      if (!(error instanceof ConnectionBroken)) throw error;
      failures = part.bytes > before ? 0 : failures;
      const pause = pauses[failures++];
      if (pause === undefined) throw brokenOff(error, part);
      onRetry(error.message);
      await wait(pause, undefined, { signal }).catch(() => {
        throw downloadCancelled();
      });
    }
  }
}

/** Describes the defect of a completely transferred file; returns undefined if it has none. */
async function faultOf(
  part: PartialFile,
  whole: Expected,
  { isArchive }: Download,
): Promise<string | undefined> {
  if (part.bytes !== whole.bytes) {
    return `sent ${part.bytes} bytes instead of ${whole.bytes}`;
  }
  const beginning = await part.beginning(4);
  if (isArchive !== true && beginning !== 'GGUF') {
    return `sent a file that is not GGUF: it begins with ${JSON.stringify(beginning)}`;
  }
  const digest = part.digest();
  return whole.sha256 === undefined || whole.sha256 === digest
    ? undefined
    : `sent another file than its source lists (SHA-256 ${digest} instead of ${whole.sha256})`;
}

function brokenOff(error: ConnectionBroken, part: PartialFile): RuntimeFailure {
  const kept =
    part.bytes > 0 ? `; ${formatSize(part.bytes)} are kept, and the next attempt resumes` : '';
  return new RuntimeFailure(
    'backend-unavailable',
    `the download broke off (${error.message})${kept}; try again when the network is back`,
    { cause: error },
  );
}

/** Locks a partial file: two pulls of one file would overwrite each other. */
async function lockPart(target: string): Promise<() => Promise<void>> {
  // Longer than the lock of a killed process stays valid.
  const retries = { retries: 13, factor: 1, minTimeout: 1000 };
  return lock(target, { realpath: false, retries }).catch((error: unknown) => {
    throw new RuntimeFailure(
      'conflict',
      `${target} is being downloaded by another portico (${messageOf(error)}); wait for it, ` +
        `or remove ${target}.lock if there is none`,
      { cause: error },
    );
  });
}
