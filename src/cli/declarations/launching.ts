import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { AGENT_NAMES, SHELL_SYNTAXES } from '../launch/agent-names.ts';
import type { AgentName } from '../launch/agent-names.ts';
import type { EnvironmentFlags } from '../commands/env.ts';
import type { LaunchFlags } from '../commands/launch.ts';
import type { Declare } from './declaration.ts';
import { withServer } from './running.ts';

/** Commands that bring other programs to a model: `launch` and `env`. */
export const declareLaunching: Declare = (program, context, exit, passed) => {
  withServer(
    program
      .command('launch')
      .usage('[agent] [options] [-- arguments of the agent]')
      .description('run an agent, such as Claude Code, on a local model; alone it lists them')
      .addArgument(new Argument('[agent]', 'the agent').choices(AGENT_NAMES))
      .option('--model <name>', 'the model or an alias, instead of asking for it')
      .option('--small <name>', 'a smaller model for side requests, such as titles')
      .option('--config', 'write it into Claude Code’s own settings, instead of running it')
      .option('--restore', 'take out of those settings what --config wrote')
      .option('-y, --yes', 'ask nothing: download, and go on, where it would be asked')
      .option('--json', 'the list of agents as JSON'),
  )
    // Whatever is not ours is refused in our own words, with the way out.
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (agent: AgentName | undefined, flags: LaunchFlags, command: Command) => {
      const { launchOrList } = await import('../commands/launch.ts');
      const stray = command.args.slice(agent === undefined ? 0 : 1);
      exit.code = await launchOrList({ agent, stray, passed }, flags, context);
    });
  withServer(
    program
      .command('env')
      .description('print the environment that brings a client to a model, for a shell to evaluate')
      .option('--model <name>', 'the model or an alias; else the last choice, or the default')
      .option('--small <name>', 'a smaller model for side requests, such as titles')
      .addOption(
        new Option('--shell <shell>', 'its syntax, instead of that of your $SHELL').choices(
          SHELL_SYNTAXES,
        ),
      )
      .option('--json', 'as JSON'),
  ).action(async (flags: EnvironmentFlags) => {
    const { printEnvironment } = await import('../commands/env.ts');
    exit.code = await printEnvironment(flags, context);
  });
};
