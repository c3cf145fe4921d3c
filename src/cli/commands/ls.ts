import { existsSync } from 'node:fs';
import type { CliContext } from '../context.ts';
import { OVERLAY_HELP } from '../declaration.ts';
import type { Declare, RegistryFlags } from '../declaration.ts';
import { warn, printJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

/** Declares `portico ls`, which prints models, then aliases, as a table or as JSON. Problems go to stderr. */
export const declareLs: Declare = (program, context, exit) => {
  program
    .command('ls')
    .alias('list')
    .description('list models and aliases')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (flags: RegistryFlags) => {
      exit.code = await list(flags, context);
    });
};

async function list(flags: RegistryFlags, context: CliContext): Promise<number> {
  const { discoverForList, modelsWithoutCompletion } = await import('../discovered.ts');
  const { withDiscovered } = await import('../../registry/discovered.ts');
  const { loadRegistry } = await import('../../registry/load.ts');
  const { describeRegistry, fileFacts, registryRows } = await import('../list/registry.ts');
  const { readableFiles, warnOfProblems } = await import('../registry-files.ts');
  const registry = withDiscovered(
    await loadRegistry(readableFiles(flags.models, context)),
    await discoverForList(context),
    existsSync,
  );
  const [files, mute] = await Promise.all([
    fileFacts(registry, context),
    modelsWithoutCompletion(registry, context),
  ]);
  const findings = { files, mute };
  if (flags.json === true) printJson(describeRegistry(registry, findings, context), context);
  else printTable(registryRows(registry, findings, context), context);
  for (const [name, { problem }] of files) {
    if (problem !== undefined) warn(`${name}: ${problem}`, context);
  }
  warnOfProblems(registry, context);
  return 0;
}
