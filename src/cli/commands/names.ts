import { existsSync } from 'node:fs';
import { withDiscovered } from '../../registry/discovered.ts';
import { loadRegistry } from '../../registry/load.ts';
import type { CliContext } from '../context.ts';
import { discoverModels } from '../discovered.ts';
import { printable } from '../ui/printable.ts';
import { readableFiles } from '../registry-files.ts';

/** `portico names`: what a shell may complete, one name a line. */
export async function printNames(context: CliContext): Promise<number> {
  const registry = await loadRegistry(readableFiles(undefined, context.environment));
  const { models, aliases } = withDiscovered(registry, await discoverModels(context), existsSync);
  context.stdout.write(
    [...models.keys(), ...aliases.keys()]
      .filter((name) => printable(name) === name)
      .map((name) => `${name}\n`)
      .join(''),
  );
  return 0;
}
