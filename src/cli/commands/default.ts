import type { CliContext } from '../context.ts';
import { OVERLAY_HELP } from '../declaration.ts';
import type { Declare, RegistryFlags } from '../declaration.ts';
import { say, sayHowToPull, printJson } from '../ui/report.ts';

/** Declares `portico default`, which writes the default into the user's models.yaml, or prints it. */
export const declareDefault: Declare = (program, context, exit) => {
  program
    .command('default')
    .description('set or print the model for claude-… names that are not aliases')
    .argument('[name]', 'a model or an alias; without it, the default is printed')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (name: string | undefined, flags: RegistryFlags) => {
      exit.code = await (name === undefined
        ? printDefault(flags, context)
        : setDefault(name, flags, context));
    });
};

async function printDefault(flags: RegistryFlags, context: CliContext): Promise<number> {
  const { loadRegistry } = await import('../../registry/load.ts');
  const { readableFiles, warnOfProblems } = await import('../registry-files.ts');
  const registry = await loadRegistry(readableFiles(flags.models, context));
  const { defaultModel } = registry;
  if (flags.json === true) printJson({ default: defaultModel }, context);
  else say(defaultModel, context);
  warnOfProblems(registry, context);
  return 0;
}

async function setDefault(
  name: string,
  flags: RegistryFlags,
  context: CliContext,
): Promise<number> {
  const { discoverModels } = await import('../discovered.ts');
  const { warnOfChatProblem } = await import('../list/chat-warning.ts');
  const { setDefaultModel } = await import('../../registry/edit.ts');
  const { editableFiles } = await import('../registry-files.ts');
  const files = editableFiles(flags.models, context);
  const { model, pull } = await setDefaultModel(files, name, (asked) =>
    discoverModels(context, asked),
  );
  if (flags.json === true) {
    printJson({ default: name, model: model.spec.name, pull: pull?.command }, context);
  } else {
    say(`'${name}' is the default now`, context);
    if (pull !== undefined) sayHowToPull(model.spec.name, pull, context);
  }
  await warnOfChatProblem(model, context);
  return 0;
}
