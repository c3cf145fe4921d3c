import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { formatSize } from '../units/size.ts';
import { diskFailure, freeBytes, makeFolder, requireSpace } from './disk.ts';
import { hashFile, PartialFile } from './partial-file.ts';
import { cancelled, ConnectionBroken } from './request.ts';
import type { Access } from './request.ts';
import { transfer } from './transfer.ts';
import type { Expected, RemoteFile } from './transfer.ts';

/** A file to get, and where it is to lie. */
export interface Download extends RemoteFile {
  readonly target: string;
}

export interface DownloadOptions {
  readonly access: Access | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FileProgress) => void;
  /** Told why a try failed, before the next one goes on. */
  readonly onRetry: (reason: string) => void;
  /** Pauses before each further try, in milliseconds; progress begins them anew. */
  readonly pauses?: readonly number[];
}

/** How far a file is. */
export interface FileProgress {
  /** `checking` reads what an earlier try has left. */
  readonly phase: 'checking' | 'downloading';
  readonly done: number;
  readonly total: number | undefined;
}

/** A file that is whole. */
export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  /** Undefined for a file that was there and has no hash to compare with. */
  readonly sha256: string | undefined;
  /** Whether the source named that hash. */
  readonly verified: boolean;
  /** It was there before, and nothing was downloaded. */
  readonly wasThere: boolean;
}

const PAUSES = [1000, 2000, 4000, 8000, 16_000];

/**
 * Gets a file whole or not at all: it lies under its name only when every byte is there and right.
 * What came before a break, a cancel or a crash is kept, and the next call goes on from there.
 * Throws a RuntimeFailure; `cancelled` where the signal aborts.
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
      throw signal.aborted ? cancelled() : diskFailure(error, target);
    });
    return await complete(file, part, options);
  } finally {
    await release().catch(() => undefined);
  }
}

/** A file of that name is there: it may be another one, of a source that had the name before. */
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
      `${target} is there, but it is not what ${url} is; remove it, or choose another --name`,
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
    const reason = await faultOf(part, whole);
    if (reason !== undefined) {
      await part.discard();
      throw new RuntimeFailure(
        'backend-failed',
        `${file.url} ${reason}; it was thrown away, try again`,
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

/** Tries until all bytes are there, with pauses that grow while nothing comes. */
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
      if (pause === undefined) throw gaveUp(error, part);
      onRetry(error.message);
      await wait(pause, undefined, { signal }).catch(() => {
        throw cancelled();
      });
    }
  }
}

/** What is wrong with a file that has come to its end; undefined where nothing is. */
async function faultOf(part: PartialFile, whole: Expected): Promise<string | undefined> {
  if (part.bytes !== whole.bytes) {
    return `gave ${part.bytes} bytes instead of ${whole.bytes}`;
  }
  const beginning = await part.beginning(4);
  if (beginning !== 'GGUF') {
    return `gave no GGUF file: it begins with ${JSON.stringify(beginning)}`;
  }
  const digest = part.digest();
  return whole.sha256 === undefined || whole.sha256 === digest
    ? undefined
    : `gave something else than its source lists (SHA-256 ${digest} instead of ${whole.sha256})`;
}

function gaveUp(error: ConnectionBroken, part: PartialFile): RuntimeFailure {
  const kept =
    part.bytes > 0 ? `; ${formatSize(part.bytes)} are kept, and the next pull goes on` : '';
  return new RuntimeFailure(
    'backend-unavailable',
    `the download broke off (${error.message})${kept}; try again when the network is back`,
    { cause: error },
  );
}

/** Two pulls of one file would write into each other. */
async function lockPart(target: string): Promise<() => Promise<void>> {
  // Longer than a lock lives whose process was killed.
  const retries = { retries: 13, factor: 1, minTimeout: 1000 };
  return lock(target, { realpath: false, retries }).catch((error: unknown) => {
    throw new RuntimeFailure(
      'conflict',
      `${target} is being pulled by another portico (${messageOf(error)}); wait for it, ` +
        `or remove ${target}.lock if there is none`,
      { cause: error },
    );
  });
}
