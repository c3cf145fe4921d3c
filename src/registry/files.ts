import { dirname, isAbsolute, join, resolve } from 'node:path';

/** Where the paths of a models.yaml may lead, and what of the disk deciding it needs. */
export interface FilePlaces {
  /** The models.yaml itself. */
  readonly registryFile: string;
  readonly modelsFolder: string;
  readonly homeFolder: string;
  readonly exists: (file: string) => boolean;
}

/**
 * The absolute path that a `file` or `template` of models.yaml means: `~/` is the home folder, `./`
 * and `../` start beside the models.yaml, as does what exists there; all else in the models folder.
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

/** Where the file of a model lies once it is pulled; different names give different files. */
export function pulledFile(name: string, modelsFolder: string): string {
  // encodeURIComponent leaves `*`, which Windows does not allow in names.
  return join(modelsFolder, `${encodeURIComponent(name).replaceAll('*', '%2A')}.gguf`);
}

/** Whether a `template` is the Jinja text itself: a path has neither tags nor line breaks. */
export function isInlineTemplate(template: string): boolean {
  return /\{[{%#]|\n/.test(template);
}
