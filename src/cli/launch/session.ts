import { resolveSettings } from '../../config/settings.ts';
import type { Agent } from '../../launch/agent.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { saveLastModel } from '../../launch/last-model.ts';
import type { CliContext } from '../context.ts';
import { chooseModel, pullMissing } from './model.ts';
import type { LaunchOptions } from './model.ts';
import { readyModel } from './ready.ts';
import { openServer } from './server.ts';
import type { OpenServer } from './server.ts';
import { warn } from '../ui/report.ts';
import type { ServerFlags } from '../declaration.ts';

/** Loads a model, and runs `work` with it while the server is open. Returns the exit code of `work`. */
export async function withLaunchedModel(
  agent: Agent,
  options: LaunchOptions,
  flags: ServerFlags,
  context: CliContext,
  work: (model: AgentModel, server: OpenServer) => Promise<number>,
): Promise<number> {
  const { paths, defaultModel } = resolveSettings({ insecure: true }, context.environment);
  const defaults = { dataFolder: paths.dataFolder, defaultModel };
  const server = await openServer(flags, context);
  if (server.logFile !== undefined) {
    warn(`Portico serves ${server.address.url}; its log: ${server.logFile}`, context);
  }
  try {
    const name = await chooseModel(options, server, defaults, context);
    for (const needed of [name, ...(options.small === undefined ? [] : [options.small])]) {
      const cancelled = await pullMissing(needed, options, server, context);
      if (cancelled !== undefined) return cancelled;
    }
    const model = await readyModel(name, agent, options, server, context);
    await saveLastModel(defaults.dataFolder, name);
    return await work(model, server);
  } finally {
    await server.close();
  }
}
