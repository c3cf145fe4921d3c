import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isRecord } from '../core/json.ts';

/** Properties that identify the version of a file on a server. */
export interface Identity {
  readonly url: string;
  readonly sha256: string | undefined;
  /** Strong ETag, which changes with every byte of the file. */
  readonly etag: string | undefined;
}

/**
 * Unfinished download: `FILE.part` with its identity in `FILE.part.json`. Only `finish` renames it to the
 * file's name.
 */
export class PartialFile {
  readonly #target: string;
  readonly #handle: FileHandle;
  #hash: Hash;
  #bytes: number;
  #identity: Identity | undefined;

  private constructor(target: string, handle: FileHandle, hash: Hash, bytes: number) {
    this.#target = target;
    this.#handle = handle;
    this.#hash = hash;
    this.#bytes = bytes;
  }

  /** Opens the part of an earlier attempt or an empty one. `onHashed` receives the bytes read so far. */
  static async open(
    target: string,
    signal: AbortSignal,
    onHashed: (bytes: number) => void,
  ): Promise<PartialFile> {
    const handle = await open(`${target}.part`, 'a');
    try {
      let bytes = 0;
      const hash = await hashFile(`${target}.part`, signal, (done) => {
        bytes = done;
        onHashed(done);
      });
      const partial = new PartialFile(target, handle, hash, bytes);
      partial.#identity = await readIdentity(`${target}.part.json`);
      return partial;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Writes the identity of the part, before its first byte is written. */
  async identify(identity: Identity): Promise<void> {
    this.#identity = identity;
    await writeFile(`${this.#target}.part.json`, JSON.stringify(identity));
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#handle.appendFile(chunk);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Removes all bytes. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#identity = undefined;
  }

  /** SHA-256 of the present bytes, in hex. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** First bytes, as text. */
  async beginning(length: number): Promise<string> {
    const reader = await open(`${this.#target}.part`, 'r');
    try {
      const { buffer, bytesRead } = await reader.read({
        buffer: Buffer.alloc(length),
        position: 0,
      });
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await reader.close();
    }
  }

  /** Flushes the part to disk and renames it to the file's name. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(`${this.#target}.part`, this.#target);
    await rm(`${this.#target}.part.json`, { force: true });
  }

  /** Closes the part and keeps it for the next attempt; removes an empty one. */
  async leave(): Promise<void> {
    if (this.#bytes === 0) await this.discard();
    else await this.#handle.close();
  }

  /** Removes a part that can't be resumed. */
  async discard(): Promise<void> {
    // A close reports a write that failed late.
    await this.#handle.close().catch(() => undefined);
    await rm(`${this.#target}.part`, { force: true });
    await rm(`${this.#target}.part.json`, { force: true });
  }
}

/** Running SHA-256 of a file, which can be extended. `onHashed` receives the bytes read so far. */
export async function hashFile(
  file: string,
  signal: AbortSignal,
  onHashed: (bytes: number) => void,
): Promise<Hash> {
  const hash = createHash('sha256');
  let bytes = 0;
  const chunks: AsyncIterable<Uint8Array> = createReadStream(file, { signal });
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    onHashed(bytes);
  }
  return hash;
}

async function readIdentity(file: string): Promise<Identity | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (!isRecord(value) || typeof value['url'] !== 'string') return undefined;
    const { sha256, etag } = value;
    return {
      url: value['url'],
      sha256: typeof sha256 === 'string' ? sha256 : undefined,
      etag: typeof etag === 'string' ? etag : undefined,
    };
  } catch {
    // A part without a readable identity is restarted.
    return undefined;
  }
}
