import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { RuntimeFailure } from '../core/failure.ts';
import { isRecord } from '../core/json.ts';
import type { BackendKind } from '../core/model.ts';
import { findPair, parseRegistryDocument, plainValue, sectionMap } from './document.ts';
import { NEW_FILE } from './edit.ts';
import { pulledFile } from './files.ts';
import type { RegistryFiles } from './registry.ts';
import { withModel, withModelFile } from './rewrite.ts';
import { editUserFile } from './user-file.ts';

/** A model that was pulled. */
export interface PulledModel {
  readonly name: string;
  /** Backend of a new entry. */
  readonly backend: BackendKind;
  readonly source: string;
  /** The GGUF's absolute path, or its first part's. */
  readonly file: string;
  /** Absolute paths of further files, by their fields in the entry. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Writes a pulled model into the user's file: a new entry, or the place of its file in the entry that
 * is there. An entry that comes with Portico is copied, as the user's own takes its place whole.
 */
export async function registerModel(files: RegistryFiles, pulled: PulledModel): Promise<void> {
  const { name, backend, source, file } = pulled;
  const place = writtenFile(pulled, files.modelsFolder);
  const further = Object.entries(pulled.files ?? {}).map(
    ([field, path]) => [field, shortPath(path, files.modelsFolder)] as const,
  );
  await editUserFile(files.user, async (current) => {
    const text = current ?? NEW_FILE;
    const document = parseRegistryDocument(text, files.user);
    const models = sectionMap(document, 'models');
    const isOwn = models !== undefined && findPair(models, name) !== undefined;
    if (isOwn) {
      let filed = withModelFile(document, text, name, place ?? file);
      for (const [field, path] of further) {
        const again = parseRegistryDocument(filed, files.user);
        filed = withModelFile(again, filed, name, path, field);
      }
      return { text: filed, outcome: undefined };
    }
    const written = {
      backend,
      ...(await shippedEntry(files, name)),
      source,
      ...(place === undefined ? {} : { file: place }),
      ...Object.fromEntries(further),
    };
    return { text: withModel(document, text, name, written), outcome: undefined };
  });
}

/** Text of `file` in models.yaml; undefined if the file is at its default path. */
function writtenFile({ name, file }: PulledModel, modelsFolder: string): string | undefined {
  if (file === pulledFile(name, modelsFolder)) return undefined;
  return shortPath(file, modelsFolder);
}

function shortPath(file: string, modelsFolder: string): string {
  return dirname(file) === modelsFolder ? basename(file) : file;
}

async function shippedEntry(
  files: RegistryFiles,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(files.shipped, 'utf8');
  const value = plainValue(parseRegistryDocument(text, files.shipped));
  const models = isRecord(value) ? value['models'] : undefined;
  const entry = isRecord(models) ? models[name] : undefined;
  return isRecord(entry) ? entry : {};
}

/** First of the names that no model has. Throws `conflict` if all are taken. */
export function freeName(taken: (name: string) => boolean, names: readonly string[]): string {
  const free = names.find((name) => !taken(name));
  if (free !== undefined) return free;
  throw new RuntimeFailure(
    'conflict',
    `there is a model named ${names.join(' and one named ')} already; name this one with --name NAME`,
  );
}
