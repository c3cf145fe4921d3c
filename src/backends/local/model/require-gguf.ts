import { existsSync } from 'node:fs';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { allParts } from '../../../download/parts.ts';
import { basename, dirname, join } from 'node:path';
import { readGgufMetadata, readWholeGguf } from './gguf-metadata.ts';

/**
 * Refuses what is no regular file or no GGUF, or whose header is damaged, before a library reads it: from a wrong length
 * the libraries make buffers of gigabytes, or end their process. All parts of a split file are checked. A
 * missing file is left to whoever opens it.
 *
 * @throws {unsupported} with the file's name and the reason
 */
export function requireGguf(file: string): void {
  for (const name of allParts(basename(file))) {
    const part = join(dirname(file), name);
    try {
      readGgufMetadata(part);
    } catch (error) {
      if (!isSystemError(error)) throw unreadableGguf(part, error);
    }
  }
}

/**
 * Problem of a model's file, with its name and a hint: it is no regular file, no GGUF, damaged, cut off, not
 * readable, or one of its parts is missing. Undefined if there is none, or no such file.
 */
export function problemOfGguf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  for (const name of allParts(basename(file))) {
    const part = join(dirname(file), name);
    try {
      readWholeGguf(part);
    } catch (error) {
      // Too many open files say nothing about this one.
      if (!isSystemError(error) || !/EMFILE|ENFILE/.test(messageOf(error))) {
        return unreadableGguf(part, error).message;
      }
    }
  }
  return undefined;
}

/** Failure of a file that is no GGUF: no retry mends it, so it counts as the request's. */
export function unreadableGguf(file: string, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `${file} can't be read as GGUF: ${messageOf(cause)}. Check that it is a whole GGUF file.`,
    { cause },
  );
}

/** True if the system failed, such as by a missing file or too many open ones. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
