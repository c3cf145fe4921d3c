import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';

/** Reason why a file is not read, without its name. */
class UnreadableFile extends Error {}

/**
 * The text of a file. A fifo or a device is refused, since reading it may never end.
 *
 * @param mostBytes a larger file is refused
 * @throws UnreadableFile, and what the file system throws
 */
export async function readRegularFile(path: string, mostBytes: number): Promise<string> {
  check(await stat(path), mostBytes);
  return readFile(path, 'utf8');
}

/** The same, at once. */
export function readRegularFileSync(path: string, mostBytes: number): string {
  check(statSync(path), mostBytes);
  return readFileSync(path, 'utf8');
}

interface FileState {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

function check(state: FileState, mostBytes: number): void {
  if (state.isDirectory()) throw new UnreadableFile('it is a folder');
  if (!state.isFile()) throw new UnreadableFile('it is no regular file');
  if (state.size > mostBytes) {
    throw new UnreadableFile(`it has ${state.size} bytes, and at most ${mostBytes} are read`);
  }
}
