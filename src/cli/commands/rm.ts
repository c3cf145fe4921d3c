import type { CliContext } from '../context.ts';
import { OVERLAY_HELP } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import { reportError, say } from '../ui/report.ts';

interface RemoveFlags {
  readonly models?: string;
}

/** Declares `portico rm`, which removes each name if it can. The exit code is 1 if one was not removed. */
export const declareRm: Declare = (program, context, exit) => {
  program
    .command('rm')
    .description('remove aliases and models from your models.yaml; files stay')
    .argument('<name...>', 'aliases or models')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (names: readonly string[], flags: RemoveFlags) => {
      exit.code = await remove(names, flags, context);
    });
};

async function remove(
  names: readonly string[],
  flags: RemoveFlags,
  context: CliContext,
): Promise<number> {
  const { discoverModels } = await import('../discovered.ts');
  const { removeModel } = await import('../../registry/edit.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const files = readableFiles(flags.models, context);
  let code = 0;
  for (const name of names) {
    try {
      // In order: a model can be removed after its aliases, which may come before it on the command line.
      const { file } = await removeModel(files, name, (asked) => discoverModels(context, asked));
      say(`deleted '${name}'`, context);
      if (file !== undefined) say(`its file stays: ${file}`, context);
    } catch (error) {
      reportError(error, context);
      code = 1;
    }
  }
  return code;
}
