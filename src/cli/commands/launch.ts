import { Argument } from 'commander';
import type { Command } from 'commander';
import { RuntimeFailure } from '../../core/failure.ts';
import type { CliContext } from '../context.ts';
import { INTERRUPTED, withServer } from '../declaration.ts';
import type { Declare, ServerFlags } from '../declaration.ts';
import { AGENT_NAMES } from '../launch/agent-names.ts';
import type { AgentName } from '../launch/agent-names.ts';
import { reportError } from '../ui/report.ts';

interface LaunchFlags extends ServerFlags {
  readonly model?: string;
  readonly small?: string;
  readonly config?: boolean;
  readonly restore?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Words on the command line of a launch. */
interface LaunchWords {
  /** Undefined if agents are to be listed. */
  readonly agent: AgentName | undefined;
  /** Arguments that are neither ours nor after `--`. */
  readonly stray: readonly string[];
  /** Arguments after `--`: the agent's own. */
  readonly passed: readonly string[];
}

/** `portico launch`: runs an agent on a local model, changes its settings, or lists the agents. */
export const declareLaunch: Declare = (program, context, exit, passed) => {
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
      const stray = command.args.slice(agent === undefined ? 0 : 1);
      exit.code = await launchOrList({ agent, stray, passed }, flags, context);
    });
};

/** Throws `invalid-request` for stray arguments. */
async function launchOrList(
  { agent, stray, passed }: LaunchWords,
  flags: LaunchFlags,
  context: CliContext,
): Promise<number> {
  const [first] = stray;
  if (first !== undefined) {
    throw new RuntimeFailure(
      'invalid-request',
      `'${first}' is nothing that launch takes; what is for ${agent ?? 'the agent'} itself stands behind --, ` +
        `as in: portico launch ${[agent ?? 'claude', '--', ...stray].join(' ')}`,
    );
  }
  if (agent !== undefined) return launch(agent, passed, flags, context);
  if (passed.length > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `nothing says which agent '-- ${passed.join(' ')}' is for; name it, as in: portico launch claude -- …`,
    );
  }
  const { listAgents } = await import('../launch/agents.ts');
  return listAgents(flags, context);
}

/**
 * Runs an agent on a local model, or changes its settings. Returns the agent's exit code.
 *
 * @param passed what the user passes to the agent
 */
async function launch(
  name: AgentName,
  passed: readonly string[],
  flags: LaunchFlags,
  context: CliContext,
): Promise<number> {
  const { AGENTS } = await import('../launch/agents.ts');
  const { createAsker } = await import('../ui/ask.ts');
  const agent = AGENTS[name];
  const asker = createAsker(context);
  const wish = { model: flags.model, small: flags.small, yes: flags.yes === true, asker };
  try {
    if (flags.restore === true || flags.config === true) {
      if (name !== 'claude') throw onlyClaude(agent.title);
      const { configureClaude, restoreClaude } = await import('../launch/config.ts');
      return flags.restore === true
        ? await restoreClaude(context)
        : await configureClaude(flags, wish, context);
    }
    const { findCommand, runOn } = await import('../launch/run.ts');
    const { withModel } = await import('../launch/session.ts');
    const command = await findCommand(agent, wish, context);
    return await withModel(agent, wish, flags, context, (model) =>
      runOn(model, agent, command, passed, context),
    );
  } catch (error) {
    if (!(error instanceof RuntimeFailure && error.code === 'cancelled')) throw error;
    reportError(error, context);
    return INTERRUPTED;
  }
}

function onlyClaude(title: string): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `--config and --restore are for claude: ${title} needs nothing in its settings`,
  );
}
