import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { damaged } from './entry.ts';
import type { ArchiveEntry } from './entry.ts';

const END = { signature: 0x06054b50, bytes: 22, mostComment: 65_535 } as const;
const RECORD = { signature: 0x02014b50, bytes: 46 } as const;
const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;
const EXECUTABLE = 0o100;
/** Limit of the list of entries, which is read into memory. */
const MOST_LIST_BYTES = 16 * 2 ** 20;

/** Record of an entry in the list at the end of a file. */
interface Listed {
  readonly path: string;
  readonly mode: number;
  readonly method: number;
  readonly packedBytes: number;
  readonly offset: number;
}

/**
 * Reads the entries of a `.zip` file of up to 4 GB.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 * @throws {backend-failed} for a damaged archive, and for one that is encrypted or packed in another way
 */
export async function* readZip(file: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const handle = await open(file);
  try {
    for (const entry of await readList(file, handle)) {
      const { path, mode } = entry;
      const isProgram = (mode & EXECUTABLE) !== 0;
      const content = await contentOf(file, handle, entry, signal);
      yield { path, kind: path.endsWith('/') ? 'folder' : 'file', isProgram, content };
    }
  } finally {
    await handle.close();
  }
}

async function readList(file: string, handle: FileHandle): Promise<readonly Listed[]> {
  const { size } = await handle.stat();
  const length = Math.min(size, END.bytes + END.mostComment);
  const tail = await readAt(handle, size - length, length);
  const at = tail.lastIndexOf(Buffer.from('PK\u0005\u0006'));
  if (at < 0 || at + END.bytes > tail.length) throw damaged(file, 'is not a complete zip file');
  const count = tail.readUInt16LE(at + 10);
  const listBytes = tail.readUInt32LE(at + 12);
  if (listBytes > MOST_LIST_BYTES) throw damaged(file, 'has too many entries');
  const list = await readAt(handle, tail.readUInt32LE(at + 16), listBytes);
  const entries: Listed[] = [];
  for (let start = 0; entries.length < count;) {
    const record = list.subarray(start);
    const isRecord = record.length >= RECORD.bytes && record.readUInt32LE(0) === RECORD.signature;
    if (!isRecord) throw damaged(file, 'has a damaged list of entries');
    const nameBytes = record.readUInt16LE(28);
    const entry = readRecord(record, nameBytes);
    if ((record.readUInt16LE(8) & ENCRYPTED) !== 0) throw damaged(file, 'is encrypted');
    if (![STORED, DEFLATED].includes(entry.method)) {
      throw damaged(file, `contains '${entry.path}', which is packed in an unknown way`);
    }
    entries.push(entry);
    start += RECORD.bytes + nameBytes + record.readUInt16LE(30) + record.readUInt16LE(32);
  }
  return entries;
}

function readRecord(record: Buffer, nameBytes: number): Listed {
  return {
    path: record.toString('utf8', RECORD.bytes, RECORD.bytes + nameBytes),
    // Archives of Unix systems have the mode in the upper half.
    mode: record.readUInt32LE(38) >>> 16,
    method: record.readUInt16LE(10),
    packedBytes: record.readUInt32LE(20),
    offset: record.readUInt32LE(42),
  };
}

async function contentOf(
  file: string,
  handle: FileHandle,
  { path, method, packedBytes, offset }: Listed,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const local = await readAt(handle, offset, LOCAL.bytes);
  if (local.length < LOCAL.bytes || local.readUInt32LE(0) !== LOCAL.signature) {
    throw damaged(file, `lists '${path}', which it does not contain`);
  }
  const start = offset + LOCAL.bytes + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (packedBytes === 0) return nothing();
  const packed = createReadStream(file, { start, end: start + packedBytes - 1, signal });
  return method === STORED ? packed : pipeline(packed, createInflateRaw(), () => undefined);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An empty file has no bytes, and a stream reads at least one.
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
