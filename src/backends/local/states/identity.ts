import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Identity of a model's weights, by which a state is found again: its file may move, but must not change.
 * The header lists each tensor's name, type, shape and place, so that only files of the same shape, size and
 * time can be mistaken for each other.
 *
 * @param headerBytes size of the metadata and of the tensor table
 */
export async function weightsIdentity(file: string, headerBytes: number): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const hash = createHash('sha256').update(`${size} ${Math.floor(mtimeMs)} ${headerBytes}\n`);
  for await (const chunk of createReadStream(file, { end: Math.max(0, headerBytes - 1) })) {
    hash.update(chunk);
  }
  return hash.digest('hex').slice(0, 32);
}
