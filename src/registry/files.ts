import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Folders that paths of a models.yaml refer to, and access to the disk. */
export interface FilePlaces {
  /** Path of the models.yaml. */
  readonly registryFile: string;
  readonly modelsFolder: string;
  readonly homeFolder: string;
  readonly exists: (file: string) => boolean;
}

/**
 * Resolves a `file` or `template` of models.yaml to an absolute path. `~/` is the home folder. `./`, `../` and
 * files that exist next to the models.yaml are relative to it; other paths are in the models folder.
 */
export function resolveFile(written: string, places: FilePlaces): string {
  if (written.startsWith('~/')) {
    return join(places.homeFolder, written.slice(2));
  }
  if (isAbsolute(written)) {
    return resolve(written);
  }
  const beside = resolve(dirname(places.registryFile), written);
  return /^\.\.?[\\/]/.test(written) || places.exists(beside)
    ? beside
    : resolve(places.modelsFolder, written);
}

/**
 * Options of a backend with absolute paths.
 *
 * @param paths keys of a path, or of a list of paths
 * @param shipped true for an entry that comes with Portico
 */
export function withPaths(
  own: Readonly<Record<string, unknown>>,
  paths: readonly string[],
  places: FilePlaces,
  shipped: boolean,
): Readonly<Record<string, unknown>> {
  const fields = Object.entries(own).flatMap(([key, value]): [string, unknown][] => {
    if (!paths.includes(key)) return [[key, value]];
    if (typeof value !== 'string') {
      return [[key, [value].flat().map((one) => resolveFile(String(one), places))]];
    }
    const path = resolveFile(value, places);
    // A missing file is left out of a shipped entry, which no user can correct.
    return shipped && !places.exists(path) ? [] : [[key, path]];
  });
  return Object.fromEntries(fields);
}

/** Path of a model's file after a pull; different names have different files. */
export function pulledFile(name: string, modelsFolder: string): string {
  // encodeURIComponent keeps `*`, which Windows does not allow in names.
  return join(modelsFolder, `${encodeURIComponent(name).replaceAll('*', '%2A')}.gguf`);
}

/** Returns true if a `template` is Jinja text: a path has neither tags nor line breaks. */
export function isInlineTemplate(template: string): boolean {
  return /\{[{%#]|\n/.test(template);
}
