import { RuntimeFailure } from '../../core/failure.ts';
import type { Agent } from '../../launch/agent.ts';
import { contextRefusal, contextWarnings } from '../../launch/choices.ts';
import { isAnthropicName } from '../../launch/claude/environment.ts';
import type { AgentModel } from '../../launch/agent-model.ts';
import { describeModel, loadModel, slotsOf } from '../../launch/client.ts';
import type { CliContext } from '../context.ts';
import type { LaunchOptions } from './model.ts';
import type { OpenServer } from './server.ts';
import { declined } from '../ui/declined.ts';
import { warn } from '../ui/report.ts';
import { whileWaiting } from '../ui/waiting.ts';

/** Key for a server that needs none: clients insist on one. */
export const ANY_KEY = 'portico';

/**
 * Loads a model for an agent and checks its real context. If that is small, warns and asks the user to
 * go on. Throws if no request of the agent would fit.
 */
export async function readyModel(
  asked: string,
  agent: Agent,
  { small, yes, asker }: LaunchOptions,
  { address, lastLogged }: OpenServer,
  context: CliContext,
): Promise<AgentModel> {
  const own = await whileWaiting(
    `Loading ${asked}`,
    loadModel(address, asked),
    lastLogged,
    context,
  );
  const name = clientName(asked, own, context);
  const model: AgentModel = {
    baseUrl: address.url,
    key: address.key ?? ANY_KEY,
    ...(await describeModel(address, name)),
    slots: await slotsOf(address, own),
    ...(small !== undefined && { small: await describeModel(address, small) }),
  };
  const refusal = contextRefusal(agent, model);
  if (refusal !== undefined) throw new RuntimeFailure('invalid-request', `${refusal}.`);
  const warnings = contextWarnings(agent, model);
  for (const warning of warnings) warn(`Warning: ${warning}.`, context);
  if (warnings.length === 0) return model;
  if (!yes && asker !== undefined && !(await asker.confirm('Continue with it?'))) {
    throw declined('started');
  }
  return model;
}

/** Name to report to the agent. Claude Code takes `claude-…` for a model of Anthropic, with the context of that one. */
function clientName(asked: string, own: string, context: CliContext): string {
  if (!isAnthropicName(asked)) return asked;
  if (!isAnthropicName(own)) return own;
  warn(
    `Warning: Claude Code takes ${own} for a model of Anthropic, with a context of 200,000 tokens or more; ` +
      `add another name with: portico cp ${own} NAME`,
    context,
  );
  return asked;
}
