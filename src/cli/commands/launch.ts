import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentWithoutKeys } from '../../config/child-environment.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { writeWholeFile } from '../../core/write-file.ts';
import { plannedEnvironment } from '../../launch/agent.ts';
import type { Agent } from '../../launch/agent.ts';
import { runAgent } from '../../launch/run-agent.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { loadRegistry } from '../../registry/load.ts';
import { keyVariables } from '../../registry/registry.ts';
import type { AgentName } from '../launch/agent-names.ts';
import { createAsker } from '../ui/ask.ts';
import type { CliContext } from '../context.ts';
import { AGENTS, listAgents, locateAgent } from '../launch/agents.ts';
import type { ModelWish } from '../launch/model.ts';
import { withModel } from '../launch/session.ts';
import { INTERRUPTED } from './pull.ts';
import { readableFiles } from '../registry-files.ts';
import { reportError } from '../ui/report.ts';
import type { ServerFlags } from '../running-server.ts';

export interface LaunchFlags extends ServerFlags {
  readonly model?: string;
  readonly small?: string;
  readonly config?: boolean;
  readonly restore?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What the command line of a launch names. */
export interface LaunchWords {
  /** Undefined where it is to list them. */
  readonly agent: AgentName | undefined;
  /** What is neither ours nor behind `--`. */
  readonly stray: readonly string[];
  /** What stands behind `--`: the agent's own. */
  readonly passed: readonly string[];
}

/** `portico launch`: lists the agents, or runs one. Gives the exit code. Throws for stray arguments. */
export async function launchOrList(
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
  return listAgents(flags, context);
}

/**
 * Runs an agent on a local model, or changes its settings. Gives the agent's exit code.
 *
 * @param passed what the user passes to the agent
 */
async function launch(
  name: AgentName,
  passed: readonly string[],
  flags: LaunchFlags,
  context: CliContext,
): Promise<number> {
  const agent = AGENTS[name];
  const asker = createAsker(context);
  const wish = { model: flags.model, small: flags.small, yes: flags.yes === true, asker };
  try {
    if (flags.restore === true || flags.config === true) {
      if (name !== 'claude') throw onlyClaude(agent);
      const { configureClaude, restoreClaude } = await import('../launch/config.ts');
      return flags.restore === true
        ? await restoreClaude(context)
        : await configureClaude(flags, wish, context);
    }
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

function onlyClaude({ title }: Agent): RuntimeFailure {
  return new RuntimeFailure(
    'invalid-request',
    `--config and --restore are for claude: ${title} needs nothing in its settings`,
  );
}

/** What runs the agent: its program, or npx where it is agreed to. */
async function findCommand(
  agent: Agent,
  { yes, asker }: ModelWish,
  context: CliContext,
): Promise<readonly [file: string, ...args: string[]]> {
  const file = await locateAgent(agent, context);
  if (file !== undefined) return [file];
  const { title, whereabouts, npmPackage } = agent;
  const missing = `${whereabouts.program} (${title}) is not on this machine`;
  const agreed =
    yes || (await asker?.confirm(`${missing}. Get and run it with npx ${npmPackage}?`));
  if (agreed === true) return ['npx', '--yes', npmPackage];
  const homes = whereabouts.homeFiles.map((home) => `~/${home}`);
  throw new RuntimeFailure(
    'invalid-request',
    `${missing}: neither ${['on the PATH', ...homes].join(', ')} nor in npm's global folder; ` +
      `install it with: npm install -g ${npmPackage}, or let -y run it by npx`,
  );
}

async function runOn(
  model: AgentModel,
  agent: Agent,
  [file, ...before]: readonly [string, ...string[]],
  passed: readonly string[],
  { environment: own, stdin }: CliContext,
): Promise<number> {
  const registry = await loadRegistry(readableFiles(undefined, own));
  const environment = environmentWithoutKeys(own, keyVariables(registry));
  const folder = await mkdtemp(join(tmpdir(), 'portico-launch-'));
  try {
    const plan = await agent.plan({ model, args: passed, environment, folder });
    for (const [name, text] of Object.entries(plan.files)) {
      await writeWholeFile(join(folder, name), text, 0o600);
    }
    const args = [...before, ...plan.args];
    return await runAgent(
      { file, args, environment: plannedEnvironment(environment, plan) },
      stdin.isTTY === true,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
