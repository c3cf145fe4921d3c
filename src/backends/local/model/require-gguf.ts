import { existsSync } from 'node:fs';
import { messageOf, RuntimeFailure } from '../../../core/failure.ts';
import { allParts } from '../../../download/parts.ts';
import { basename, dirname, join } from 'node:path';
import { readGgufMetadata, readWholeGguf } from './gguf-metadata.ts';

/**
 * Refuses a path that is not a regular file, not a GGUF, or has a damaged header, before a library reads it. For a
 * wrong length, the libraries allocate gigabytes or end their process. All parts of a split file are checked. A
 * missing file is reported when it is opened.
 *
 * @throws {RuntimeFailure} `unsupported` with the file's name and the reason
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
 * Finds the problem of a model's file, with its name and a hint: it is not a regular file, not a GGUF, damaged, cut
 * off, not readable, or one of its parts is missing. Undefined if there is no problem, or no such file.
 */
export function problemOfGguf(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  for (const name of allParts(basename(file))) {
    const part = join(dirname(file), name);
    try {
      readWholeGguf(part);
    } catch (error) {
      // Too many open files are not a problem of this one.
      if (!isSystemError(error) || !/EMFILE|ENFILE/.test(messageOf(error))) {
        return unreadableGguf(part, error).message;
      }
    }
  }
  return undefined;
}

/** Failure for a file that is not a GGUF. A retry does not help, so it counts as a fault of the request. */
export function unreadableGguf(file: string, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'unsupported',
    `${file} can't be read as GGUF: ${messageOf(cause)}. Check that it is a complete GGUF file.`,
    { cause },
  );
}

/** Returns true for a failure of the system, such as a missing file or too many open ones. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
