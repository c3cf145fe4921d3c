import { loadRegistry } from '../registry/load.ts';
import type { CliContext } from './context.ts';
import { registryFiles } from './registry-files.ts';

/** `portico names`: what a shell may complete, one name a line. */
export async function printNames(context: CliContext): Promise<number> {
  const { models, aliases } = await loadRegistry(registryFiles(undefined, context.environment));
  context.stdout.write([...models.keys(), ...aliases.keys()].map((name) => `${name}\n`).join(''));
  return 0;
}
