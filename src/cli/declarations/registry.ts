import { OVERLAY_HELP } from './declaration.ts';
import type { Declare, RegistryFlags } from './declaration.ts';

/** Commands on models.yaml: `ls`, `cp`, `rm` and `default`. */
export const declareRegistry: Declare = (program, context, exit) => {
  program
    .command('ls')
    .alias('list')
    .description('list models and aliases')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (flags: RegistryFlags) => {
      const { list } = await import('../commands/ls.ts');
      exit.code = await list(flags, context);
    });
  program
    .command('cp')
    .description('give a model another name, such as claude-3-5-sonnet')
    .argument('<source>', 'a model or an alias')
    .argument('<destination>', 'the new alias')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (source: string, destination: string, flags: RegistryFlags) => {
      const { copy } = await import('../commands/cp.ts');
      exit.code = await copy(source, destination, flags, context);
    });
  program
    .command('rm')
    .description('remove aliases and models from your models.yaml; files stay')
    .argument('<name...>', 'aliases or models')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (names: readonly string[], flags: RegistryFlags) => {
      const { remove } = await import('../commands/rm.ts');
      exit.code = await remove(names, flags, context);
    });
  program
    .command('default')
    .description('say, or choose, which model answers for claude-… names that are no alias')
    .argument('[name]', 'a model or an alias; without it the present default is printed')
    .option('--json', 'as JSON')
    .option('--models <file>', OVERLAY_HELP)
    .action(async (name: string | undefined, flags: RegistryFlags) => {
      const { setDefault } = await import('../commands/default.ts');
      exit.code = await setDefault(name, flags, context);
    });
};
