import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Error with the reason why a file is not read, without its name. */
class UnreadableFile extends Error {}

/** Flags so that opening a fifo does not wait for a writer, and a terminal does not become the controlling one. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;

const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a text file. A fifo or a device is refused, because reading it may never end.
 *
 * @param mostBytes a larger file is refused
 * @throws UnreadableFile, and what the file system throws
 */
export async function readRegularFile(path: string, mostBytes: number): Promise<string> {
  return (await readRegularBytes(path, mostBytes)).toString('utf8');
}

/** Reads a file as bytes, with the checks of `readRegularFile`. */
export async function readRegularBytes(path: string, mostBytes: number): Promise<Buffer> {
  const file = await openRegularFile(path, mostBytes);
  try {
    const chunks: Buffer[] = [];
    for (let bytes = 0; ;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES));
      if (bytesRead === 0) return Buffer.concat(chunks);
      bytes += bytesRead;
      checkSize(bytes, mostBytes);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Opens a regular file for reading, with the checks of `openRegularFileSync`. The caller must close it. */
export async function openRegularFile(path: string, mostBytes = Infinity): Promise<FileHandle> {
  check(await stat(path), mostBytes);
  const file = await open(path, FLAGS);
  try {
    check(await file.stat(), mostBytes);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Reads a text file synchronously, with the checks of `readRegularFile`. */
export function readRegularFileSync(path: string, mostBytes: number): string {
  const { file } = openRegularFileSync(path, mostBytes);
  try {
    return readBoundedSync(file, mostBytes).toString('utf8');
  } finally {
    closeSync(file);
  }
}

/** File descriptor, which the caller must close, and the file's size in bytes. */
export interface OpenFile {
  readonly file: number;
  readonly size: number;
}

/** Opens a regular file for reading. Does not wait, even if a fifo replaces the file meanwhile. */
export function openRegularFileSync(path: string, mostBytes = Infinity): OpenFile {
  check(statSync(path), mostBytes);
  const file = openSync(path, FLAGS);
  try {
    const state = fstatSync(file);
    check(state, mostBytes);
    return { file, size: state.size };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Reads all bytes of an open file or pipe. Throws UnreadableFile if there are more than `mostBytes`. */
export function readBoundedSync(file: number, mostBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let bytes = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const read = readSync(file, chunk);
    if (read === 0) return Buffer.concat(chunks);
    bytes += read;
    checkSize(bytes, mostBytes);
    chunks.push(chunk.subarray(0, read));
  }
}

/** Checks a file before it is opened, because opening triggers some devices, and again afterwards. */
function check(state: Stats, mostBytes: number): void {
  if (!state.isFile()) throw new UnreadableFile(`it is ${kindOf(state)}, not a regular file`);
  checkSize(state.size, mostBytes);
}

function checkSize(bytes: number, mostBytes: number): void {
  if (bytes <= mostBytes) return;
  throw new UnreadableFile(`it has ${bytes} bytes, and at most ${mostBytes} are read`);
}

function kindOf(state: Stats): string {
  if (state.isDirectory()) return 'a folder';
  if (state.isFIFO()) return 'a named pipe';
  return state.isSocket() ? 'a socket' : 'a device';
}
