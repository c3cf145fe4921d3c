import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { damaged } from './entry.ts';
import type { ArchiveEntry } from './entry.ts';

const BLOCK = 512;
/** Limit of a long name, which is read into memory. */
const MOST_NAME_BYTES = 65_536;
const EXECUTABLE = 0o100;

/** Header of an entry, in the ustar format. */
interface Header {
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly target: string;
}

/**
 * Reads the entries of a `.tar.gz` file, with the long names of GNU tar and of pax.
 *
 * @see https://www.gnu.org/software/tar/manual/html_node/Standard.html
 * @throws {backend-failed} for a damaged archive, and for one with devices or hard links
 */
export async function* readTarGz(file: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const unzipped = pipeline(createReadStream(file, { signal }), createGunzip(), () => undefined);
  try {
    yield* entriesOf(file, new ByteReader(file, unzipped));
  } finally {
    unzipped.destroy();
  }
}

async function* entriesOf(file: string, bytes: ByteReader): AsyncGenerator<ArchiveEntry> {
  let longPath: string | undefined;
  let longTarget: string | undefined;
  for (;;) {
    const block = await bytes.take(BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const header = parseHeader(file, block);
    const { type, size } = header;
    if (type === 'L' || type === 'K' || type === 'x' || type === 'g') {
      const text = await readText(bytes, file, size);
      if (type === 'L') longPath = text;
      if (type === 'K') longTarget = text;
      if (type === 'x') {
        longPath = paxValue(text, 'path') ?? longPath;
        longTarget = paxValue(text, 'linkpath') ?? longTarget;
      }
      continue;
    }
    const kind = kindOf(file, header);
    const target = kind === 'link' ? { target: longTarget ?? header.target } : {};
    const isProgram = (header.mode & EXECUTABLE) !== 0;
    const content = bytes.stream(size);
    yield { path: longPath ?? header.path, kind, isProgram, ...target, content };
    for await (const rest of content) void rest;
    await bytes.take(padding(size));
    [longPath, longTarget] = [undefined, undefined];
  }
}

function kindOf(file: string, { type, path }: Header): ArchiveEntry['kind'] {
  switch (type) {
    case '0':
    case '\0':
      return 'file';
    case '2':
      return 'link';
    case '5':
      return 'folder';
    default:
      throw damaged(file, `contains '${path}', which is neither a file, a folder nor a link`);
  }
}

function parseHeader(file: string, block: Buffer): Header {
  const field = (start: number, length: number): string => {
    const bytes = block.subarray(start, start + length);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? length : end);
  };
  const number = (start: number, length: number) => {
    const value = Number.parseInt(field(start, length).trim() || '0', 8);
    if (Number.isNaN(value) || value < 0) throw damaged(file, 'has a header without a number');
    return value;
  };
  const expected = number(148, 8);
  const sum = block.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (sum !== expected) throw damaged(file, 'has a header with a wrong checksum');
  const isUstar = field(257, 5) === 'ustar';
  const prefix = isUstar ? field(345, 155) : '';
  const name = field(0, 100);
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(100, 8),
    size: number(124, 12),
    type: String.fromCharCode(block[156] ?? 0),
    target: field(157, 100),
  };
}

async function readText(bytes: ByteReader, file: string, size: number): Promise<string> {
  if (size > MOST_NAME_BYTES) throw damaged(file, 'has a name that is too long');
  const text = await bytes.take(size);
  await bytes.take(padding(size));
  return text.toString('utf8').replace(/\0+$/, '');
}

/** Value of a pax header: lines such as `27 path=a/long/name`. */
function paxValue(text: string, key: string): string | undefined {
  return new RegExp(`^\\d+ ${key}=(.*)$`, 'm').exec(text)?.[1];
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

/** Reads a stream in pieces of known length. */
class ByteReader {
  readonly #file: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string, chunks: AsyncIterable<Uint8Array>) {
    this.#file = file;
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.stream(length)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** Reads a number of bytes. Iterating again goes on after what was read. */
  stream(length: number): AsyncIterable<Uint8Array> {
    let left = length;
    const next = async (): Promise<IteratorResult<Uint8Array>> => {
      if (left === 0) return { done: true, value: undefined };
      if (this.#rest.length === 0) this.#rest = await this.#more();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      return { done: false, value: part };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async #more(): Promise<Buffer> {
    const next = await this.#chunks.next().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      throw damaged(this.#file, 'is not a complete gzip file');
    });
    if (next.done === true) throw damaged(this.#file, 'ends too early');
    return Buffer.from(next.value);
  }
}
