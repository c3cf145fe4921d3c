import { Argument } from 'commander';
import { SHELLS } from '../completion/shells.ts';
import type { Shell } from '../completion/shells.ts';
import type { Declare } from './declaration.ts';

/** `completion`, and the hidden command that the scripts ask for names. */
export const declareCompletion: Declare = (program, context, exit) => {
  program
    .command('completion')
    .description('print a script that completes commands, flags and names in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { printCompletion } = await import('../commands/completion.ts');
      exit.code = printCompletion(shell, program, context);
    });
  program.command('names', { hidden: true }).action(async () => {
    const { printNames } = await import('../commands/names.ts');
    exit.code = await printNames(context);
  });
};
