import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { entriesByKind } from '../backends/index.ts';
import { resolvePaths } from '../config/paths.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { Registry, RegistryFiles } from '../registry/registry.ts';
import { shippedRegistryFile } from '../registry/shipped.ts';
import type { CliContext } from './context.ts';
import { warn } from './ui/report.ts';

/**
 * Files of the registry for a command that only reads them; `--models FILE` replaces the user's own.
 *
 * @throws {RuntimeFailure} `invalid-request` if FILE does not exist
 */
export function readableFiles(
  models: string | undefined,
  context: Pick<CliContext, 'environment' | 'backends'>,
): RegistryFiles {
  const files = editableFiles(models, context);
  if (models !== undefined && !existsSync(files.user)) {
    throw new RuntimeFailure(
      'invalid-request',
      `The file ${files.user} does not exist. Correct --models, or create the file.`,
    );
  }
  return files;
}

/** Files of the registry for a command that writes the user's file, which may not exist yet. */
export function editableFiles(
  models: string | undefined,
  context: Pick<CliContext, 'environment' | 'backends'>,
): RegistryFiles {
  const { registryFile, modelsFolder } = resolvePaths(context.environment);
  return {
    shipped: shippedRegistryFile,
    user: models === undefined ? registryFile : resolve(models),
    modelsFolder,
    entries: entriesByKind(context.backends),
  };
}

/** Warns on stderr about invalid entries. The other entries work. */
export function warnOfProblems(registry: Registry, context: CliContext): void {
  for (const problem of registry.problems) {
    warn(`Warning: ${problem}`, context);
  }
}
