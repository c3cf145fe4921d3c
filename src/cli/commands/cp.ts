import type { CliContext } from '../context.ts';
import { OVERLAY_HELP } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import { say, sayHowToPull } from '../ui/report.ts';

interface CopyFlags {
  readonly models?: string;
}

/** Declares `portico cp`, which adds an alias, and prints how to pull a model that is not downloaded. */
export const declareCp: Declare = (program, context, exit) => {
  program
    .command('cp')
    .description('add an alias of a model, such as claude-3-5-sonnet')
    .argument('<source>', 'a model or an alias')
    .argument('<destination>', 'the new alias')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (source: string, destination: string, flags: CopyFlags) => {
      exit.code = await copy(source, destination, flags, context);
    });
};

async function copy(
  source: string,
  destination: string,
  flags: CopyFlags,
  context: CliContext,
): Promise<number> {
  const { discoverModels } = await import('../discovered.ts');
  const { warnOfChatProblem } = await import('../list/chat-warning.ts');
  const { copyModel } = await import('../../registry/edit.ts');
  const { editableFiles } = await import('../registry-files.ts');
  const files = editableFiles(flags.models, context);
  const { model, pull, replaced } = await copyModel(files, source, destination, (asked) =>
    discoverModels(context, asked),
  );
  const instead = replaced === undefined ? '' : `, which was an alias of '${replaced}' before`;
  say(`copied '${source}' to '${destination}'${instead}`, context);
  if (pull !== undefined) sayHowToPull(model.spec.name, pull, context);
  await warnOfChatProblem(model, context);
  return 0;
}
