import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentWithoutKeys } from '../../config/child-environment.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { writeWholeFile } from '../../core/write-file.ts';
import { plannedEnvironment } from '../../launch/agent.ts';
import type { Agent } from '../../launch/agent.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { runAgent } from '../../launch/run-agent.ts';
import { loadRegistry } from '../../registry/load.ts';
import { keyVariables } from '../../backends/index.ts';
import type { CliContext } from '../context.ts';
import { readableFiles } from '../registry-files.ts';
import { locateAgent } from './agents.ts';
import type { LaunchOptions } from './model.ts';

/** Command that runs the agent: its program, or npx if the user agrees. */
export async function findCommand(
  agent: Agent,
  { yes, asker }: LaunchOptions,
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

export async function runOn(
  model: AgentModel,
  agent: Agent,
  [file, ...before]: readonly [string, ...string[]],
  passed: readonly string[],
  { environment: own, ...streams }: CliContext,
): Promise<number> {
  const registry = await loadRegistry(readableFiles(undefined, { environment: own }));
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
      streams,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
