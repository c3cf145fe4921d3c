import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { GgufFileInfo } from 'node-llama-cpp';
import { openRegularFileSync } from '../../../core/regular-file.ts';

/** Bytes per read, which blocks the event loop. */
const PIECE = 2 ** 20;

/**
 * Identity of a model's weights, to find their states. The file may move, but must not change. The header contains
 * the name, type, shape and place of each tensor, so only files with equal shapes, size and time can be confused.
 *
 * @param path path of the model's file
 * @param header sizes of the metadata and of the tensor table
 */
export async function weightsIdentity(
  path: string,
  { metadataSize, tensorInfoSize = 0 }: Pick<GgufFileInfo, 'metadataSize' | 'tensorInfoSize'>,
): Promise<string> {
  const headerBytes = metadataSize + tensorInfoSize;
  // The file may have been replaced since its check, for example by a named pipe.
  const { file } = openRegularFileSync(path);
  try {
    const { size, mtimeMs } = fstatSync(file);
    const hash = createHash('sha256').update(`${size} ${Math.floor(mtimeMs)} ${headerBytes}\n`);
    const piece = Buffer.alloc(PIECE);
    for (let at = 0; at < headerBytes; at += PIECE) {
      const length = readSync(file, piece, 0, Math.min(PIECE, headerBytes - at), at);
      if (length === 0) break;
      hash.update(piece.subarray(0, length));
      await setImmediate();
    }
    return hash.digest('hex').slice(0, 32);
  } finally {
    closeSync(file);
  }
}
