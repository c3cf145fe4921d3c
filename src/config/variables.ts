import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readRegularFile } from '../core/regular-file.ts';

/** Returns the value of an environment variable; undefined if it is unset or empty. */
export type VariableReader = (name: string) => Promise<string | undefined>;

/**
 * Reads variables from the environment, else from the first folder whose `.env` file has them. Files are
 * read each time, so that a new key needs no restart. Missing and unreadable files count as empty.
 */
export function createVariableReader(
  environment: NodeJS.ProcessEnv,
  folders: readonly string[],
): VariableReader {
  return async (name) => {
    const value = environment[name];
    if (value !== undefined && value !== '') return value;
    for (const folder of new Set(folders)) {
      const written = (await readVariables(join(folder, '.env')))[name];
      if (written !== undefined && written !== '') return written;
    }
    return undefined;
  };
}

/** Size limit of a `.env` file. */
const MOST_BYTES = 1024 * 1024;

async function readVariables(file: string): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await readRegularFile(file, MOST_BYTES));
  } catch {
    return {};
  }
}
