import { resolve } from 'node:path';
import { resolvePaths } from '../config/paths.ts';
import type { Registry, RegistryFiles } from '../registry/registry.ts';
import { shippedRegistryFile } from '../registry/shipped.ts';
import type { CliContext } from './context.ts';

/** The files of the registry for a command: `--models FILE` takes the place of the user's own. */
export function registryFiles(
  models: string | undefined,
  environment: NodeJS.ProcessEnv,
): RegistryFiles {
  const { registryFile, modelsFolder } = resolvePaths(environment);
  return {
    shipped: shippedRegistryFile,
    user: models === undefined ? registryFile : resolve(models),
    modelsFolder,
  };
}

/** Says on stderr what is wrong with single entries: the others work nevertheless. */
export function warnOfProblems(registry: Registry, context: CliContext): void {
  for (const problem of registry.problems) {
    context.stderr.write(`Warning: ${problem}\n`);
  }
}
