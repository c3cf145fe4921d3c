import { Argument } from 'commander';
import type { Command } from 'commander';
import type { CompletedCommand } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';
import type { Declare } from '../declaration.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof SHELLS)[number];

/** Names of arguments whose values are names of models.yaml. */
const NAMES = ['model', 'name', 'source'];

/** Declares `portico completion`, which prints a shell script generated from the declared commands. */
export const declareCompletion: Declare = (program, context, exit) => {
  program
    .command('completion')
    .description('print a script that completes commands, flags and names in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      exit.code = await printCompletion(shell, program, context);
    });
};

async function printCompletion(
  shell: Shell,
  program: Command,
  context: CliContext,
): Promise<number> {
  const { bashScript, fishScript, zshScript } = await import('../completion/scripts.ts');
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };
  const help = program.createHelp();
  const commands = help
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command): CompletedCommand => {
      const first = command.registeredArguments[0];
      return {
        names: [command.name(), ...command.aliases()],
        description: command.description(),
        flags: help
          .visibleOptions(command)
          .flatMap(({ long, description, required }) =>
            typeof long !== 'string' ? [] : [{ name: long, description, takesValue: required }],
          ),
        words: first?.argChoices ?? [],
        takesNames: first !== undefined && NAMES.includes(first.name()),
      };
    });
  context.stdout.write(scripts[shell](commands));
  return 0;
}
