import { createHash, randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeFailure } from '../core/failure.ts';
import { storeFailure } from './failures.ts';
import { MediaTypeDetector } from './media-type.ts';

/** Content on disk that does not belong to the store yet. */
export interface Draft {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/**
 * Writes a content to a file of a folder, piece by piece, and flushes it to the disk. A failure leaves no
 * file.
 *
 * @param mostBytes limit of the content
 * @throws {request-too-large} above the limit
 */
export async function writeDraft(
  folder: string,
  content: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<Draft> {
  const path = join(folder, randomUUID());
  const hash = createHash('sha256');
  const detector = new MediaTypeDetector();
  let bytes = 0;
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const piece of content) {
        bytes += piece.length;
        if (bytes > mostBytes) throw tooLarge(mostBytes);
        hash.update(piece);
        detector.add(piece);
        // Unlike `write`, `appendFile` continues after a short write, so a full disk is an error.
        await file.appendFile(piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { path, sha256: hash.digest('hex'), bytes, mediaType: detector.end() };
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw storeFailure(error);
  }
}

function tooLarge(mostBytes: number): RuntimeFailure {
  const most = `${mostBytes / 1024 / 1024} MB`;
  return new RuntimeFailure('request-too-large', `File too large: a file may have ${most}.`);
}
