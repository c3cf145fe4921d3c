import type { Command } from 'commander';
import { bashScript, fishScript, zshScript } from '../completion/scripts.ts';
import type { CompletedCommand } from '../completion/scripts.ts';
import type { CliContext } from '../context.ts';
import type { Shell } from '../completion/shells.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Arguments that are names of models.yaml. */
const NAMES = ['model', 'name', 'source'];

/** `portico completion`: prints the script of a shell, made from the declarations themselves. */
export function printCompletion(shell: Shell, program: Command, context: CliContext): number {
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
  context.stdout.write(SCRIPTS[shell](commands));
  return 0;
}
