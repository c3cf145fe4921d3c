import { existsSync } from 'node:fs';
import type { CliContext } from '../context.ts';
import type { Declare } from '../declaration.ts';
import { printable } from '../ui/printable.ts';

/** Declares `portico names`, which prints names for completion scripts, one per line. It is hidden from the help. */
export const declareNames: Declare = (program, context, exit) => {
  program.command('names', { hidden: true }).action(async () => {
    exit.code = await printNames(context);
  });
};

async function printNames(context: CliContext): Promise<number> {
  const { discoverModels } = await import('../discovered.ts');
  const { withDiscovered } = await import('../../registry/discovered.ts');
  const { loadRegistry } = await import('../../registry/load.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const registry = await loadRegistry(readableFiles(undefined, context));
  const { models, aliases } = withDiscovered(registry, await discoverModels(context), existsSync);
  context.stdout.write(
    [...models.keys(), ...aliases.keys()]
      .filter((name) => printable(name) === name)
      .map((name) => `${name}\n`)
      .join(''),
  );
  return 0;
}
