import { stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { RuntimeFailure } from '../../../core/failure.ts';
import { allParts } from '../../../download/parts.ts';
import { basename, dirname, join } from 'node:path';

/**
 * Refuses what is there and is no regular file, such as a named pipe or a device: opening one may never
 * return. All parts of a split file are checked. A missing file is left to whoever opens it.
 *
 * @throws {model-load-failed}
 */
export async function requireRegularFile(path: string): Promise<void> {
  for (const name of allParts(basename(path))) {
    const part = join(dirname(path), name);
    const found = await stat(part).catch(() => undefined);
    if (found === undefined || found.isFile()) continue;
    throw new RuntimeFailure(
      'model-load-failed',
      `${part} is ${kindOf(found)}, not a regular file, so it was not opened. Name a GGUF file.`,
    );
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}
