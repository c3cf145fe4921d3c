import { homeFolder } from '../../core/home-folder.ts';
import type { Agent } from '../../launch/agent.ts';
import { CLAUDE } from '../../launch/agents/claude.ts';
import { findExecutable, npmPrefix } from '../../launch/executable.ts';
import { OPENCODE } from '../../launch/agents/opencode.ts';
import { PI } from '../../launch/agents/pi.ts';
import { AGENT_NAMES } from './agent-names.ts';
import type { AgentName } from './agent-names.ts';
import type { CliContext } from '../context.ts';
import { say, printJson } from '../ui/report.ts';
import { printTable } from '../ui/table.ts';

export const AGENTS: Readonly<Record<AgentName, Agent>> = {
  claude: CLAUDE,
  opencode: OPENCODE,
  pi: PI,
};

/** Path of an agent's program; undefined if it is not on this machine. */
export function locateAgent(
  { whereabouts }: Agent,
  { environment }: CliContext,
): Promise<string | undefined> {
  return findExecutable(whereabouts, {
    environment,
    homeFolder: homeFolder(environment),
    platform: process.platform,
    npmPrefix: () => npmPrefix(environment),
  });
}

/** Runs `portico launch` without an agent: lists the agents and the paths of their programs. */
export async function listAgents(
  flags: { readonly json?: boolean },
  context: CliContext,
): Promise<number> {
  const agents = await Promise.all(
    AGENT_NAMES.map(async (name) => {
      const { title, npmPackage } = AGENTS[name];
      const file = await locateAgent(AGENTS[name], context);
      return { name, title, npmPackage, file };
    }),
  );
  if (flags.json === true) {
    printJson(agents, context);
    return 0;
  }
  const rows = agents.map(({ name, title, npmPackage, file }) => [
    name,
    title,
    file ?? `not found; npm install -g ${npmPackage}`,
  ]);
  printTable([['NAME', 'AGENT', 'FOUND'], ...rows], context);
  say('\nStart one with: portico launch NAME -- ARGUMENTS OF ITS OWN', context);
  return 0;
}
