import { resolveSettings } from '../../config/settings.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { describeModel, findOccupant, slotsOf } from '../../launch/client.ts';
import type { CliContext } from '../context.ts';
import type { ServerFlags } from '../declaration.ts';
import { addressOf } from '../server-address.ts';
import { chooseModel } from './model.ts';
import { ANY_KEY } from './ready.ts';
import { openServer } from './server.ts';

/** Model for a client that the user starts. */
export interface EnvironmentModel {
  readonly model: AgentModel;
  /** True if its server is running. */
  readonly isRunning: boolean;
}

/**
 * Chooses a model without a prompt, and describes it without loading it. Only a server knows the
 * context of a model, so a temporary one is started if none runs.
 */
export async function environmentModel(
  flags: ServerFlags & { readonly model?: string; readonly small?: string },
  context: CliContext,
): Promise<EnvironmentModel> {
  const { environment } = context;
  const { paths, defaultModel } = resolveSettings({ insecure: true }, environment);
  const defaults = { dataFolder: paths.dataFolder, defaultModel };
  const { url, key } = addressOf(flags, environment);
  const isRunning = (await findOccupant({ url, key })).kind === 'portico';
  const server = await openServer(isRunning ? flags : { ...flags, port: '0' }, context);
  try {
    const options = { model: flags.model, yes: false, asker: undefined };
    const name = await chooseModel(options, server, defaults, context);
    const { address } = server;
    const model = {
      baseUrl: url,
      key: key ?? ANY_KEY,
      ...(await describeModel(address, name)),
      slots: await slotsOf(address, name),
      ...(flags.small !== undefined && { small: await describeModel(address, flags.small) }),
    };
    return { model, isRunning };
  } finally {
    await server.close();
  }
}
