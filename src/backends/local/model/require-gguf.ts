import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { allParts } from '../../../download/parts.ts';
import { basename, dirname, join } from 'node:path';
import { readGgufMetadata } from './gguf-metadata.ts';

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
