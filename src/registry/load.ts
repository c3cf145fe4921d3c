import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readRegularFile } from '../core/regular-file.ts';
import { isErrno } from '../core/json.ts';
import { parseRegistryDocument } from './document.ts';
import { readEntries } from './entries.ts';
import type { FileEntries } from './entries.ts';
import { overlay } from './overlay.ts';
import type { Registry, RegistryFiles } from './registry.ts';

/** Size limit of a models.yaml; thousands of models and aliases fit. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The shipped registry overlaid by the user's; a user's file that is missing is fine.
 * Throws `invalid-request`, beginning with `file:line:column`, where the user's file is no YAML or
 * has the wrong shape. A single bad entry is one of the registry's problems instead.
 */
export async function loadRegistry(files: RegistryFiles): Promise<Registry> {
  return registryFromText((await readUserFile(files.user)) ?? '', files);
}

/** Loads the registry with `text` in place of the user's file. */
export async function registryFromText(text: string, files: RegistryFiles): Promise<Registry> {
  const shipped = entriesOf(await readFile(files.shipped, 'utf8'), files.shipped, files, true);
  return overlay(shipped, entriesOf(text, files.user, files, false));
}

function entriesOf(
  text: string,
  path: string,
  { modelsFolder, entries }: RegistryFiles,
  shipped: boolean,
): FileEntries {
  const places = { registryFile: path, modelsFolder, homeFolder: homedir(), exists: existsSync };
  return readEntries(parseRegistryDocument(text, path), { places, shipped, entries });
}

/** Reads a user's models.yaml; returns undefined if it does not exist. Throws `invalid-request`. */
export async function readUserFile(path: string): Promise<string | undefined> {
  try {
    return await readRegularFile(path, MOST_BYTES);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw new RuntimeFailure(
      'invalid-request',
      `${path} can't be read: ${messageOf(error)}; correct it, or name another with --models FILE`,
      { cause: error },
    );
  }
}
