import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { isRecord } from '../core/json.ts';

/** What tells that a file on a server is still the one that was begun. */
export interface Identity {
  readonly url: string;
  readonly sha256: string | undefined;
  /** A strong ETag: it changes with every byte of the file. */
  readonly etag: string | undefined;
}

/**
 * A download that is under way: `FILE.part`, with `FILE.part.json` beside it that says what it is a
 * part of. It gets the file's name only by `finish`.
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

  /** Opens what an earlier try has left, or an empty one. `onHashed` is told the bytes read so far. */
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

  /** Notes what the part belongs to, before its first byte is written. */
  async identify(identity: Identity): Promise<void> {
    this.#identity = identity;
    await writeFile(`${this.#target}.part.json`, JSON.stringify(identity));
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#handle.appendFile(chunk);
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** Throws away what is there. */
  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#bytes = 0;
    this.#identity = undefined;
  }

  /** The SHA-256 of what is there, in hex. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** The first bytes, as text. */
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

  /** Gives it the file's name, once all of it is on the disk. */
  async finish(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(`${this.#target}.part`, this.#target);
    await rm(`${this.#target}.part.json`, { force: true });
  }

  /** Keeps it for the next try; one without a byte is removed. */
  async leave(): Promise<void> {
    if (this.#bytes === 0) await this.discard();
    else await this.#handle.close();
  }

  /** Removes it: no try can go on from here. */
  async discard(): Promise<void> {
    // A close reports a write that failed late.
    await this.#handle.close().catch(() => undefined);
    await rm(`${this.#target}.part`, { force: true });
    await rm(`${this.#target}.part.json`, { force: true });
  }
}

/** The SHA-256 of a file, to be read or gone on with. `onHashed` is told the bytes read so far. */
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
    // A part that nothing is known of is begun anew.
    return undefined;
  }
}
