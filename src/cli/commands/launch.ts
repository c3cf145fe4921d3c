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

/** Arguments of a launch. */
interface LaunchWords {
  /** Undefined to list the agents. */
  readonly agent: AgentName | undefined;
  /** Unknown arguments before `--`. */
  readonly stray: readonly string[];
  /** Arguments after `--`, for the agent. */
  readonly passed: readonly string[];
}

/** Declares `portico launch`, which runs an agent on a local model, changes its settings, or lists the agents. */
export const declareLaunch: Declare = (program, context, exit, passed) => {
  withServer(
    program
      .command('launch')
      .usage('[agent] [options] [-- arguments of the agent]')
      .description('run an agent, such as Claude Code, on a local model; without one, list them')
      .addArgument(new Argument('[agent]', 'the agent').choices(AGENT_NAMES))
      .option('--model <name>', 'the model or an alias, instead of asking for it')
      .option('--small <name>', 'a smaller model for side requests, such as titles')
      .option('--config', 'write the setup into Claude Code’s own settings, instead of running it')
      .option('--restore', 'remove from those settings what --config wrote')
      .option('-y, --yes', 'answer every question with yes, such as to download a model')
      .option('--json', 'the list of agents as JSON'),
  )
    // Unknown arguments are refused below, because commander's message would lack the hint.
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
      `launch does not accept '${first}'; put arguments of ${agent ?? 'the agent'} after --, ` +
        `as in: portico launch ${[agent ?? 'claude', '--', ...stray].join(' ')}`,
    );
  }
  if (agent !== undefined) return launch(agent, passed, flags, context);
  if (passed.length > 0) {
    throw new RuntimeFailure(
      'invalid-request',
      `no agent is named for '-- ${passed.join(' ')}'; name one, as in: portico launch claude -- …`,
    );
  }
  const { listAgents } = await import('../launch/agents.ts');
  return listAgents(flags, context);
}

/**
 * Runs an agent on a local model, or changes its settings. Returns the agent's exit code.
 *
 * @param passed arguments of the user for the agent
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
  const options = { model: flags.model, small: flags.small, yes: flags.yes === true, asker };
  try {
    if (flags.restore === true || flags.config === true) {
      if (name !== 'claude') throw onlyClaude(agent.title);
      const { configureClaude, restoreClaude } = await import('../launch/config.ts');
      return flags.restore === true
        ? await restoreClaude(context)
        : await configureClaude(flags, options, context);
    }
    const { findCommand, runOn } = await import('../launch/run.ts');
    const { withLaunchedModel } = await import('../launch/session.ts');
    const command = await findCommand(agent, options, context);
    return await withLaunchedModel(agent, options, flags, context, (model) =>
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
    `--config and --restore are for claude: ${title} needs no change of its settings`,
  );
}
