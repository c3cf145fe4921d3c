import type { RegistryModel } from '../../registry/registry.ts';
import type { CliContext } from '../context.ts';
import { modelsWithoutCompletion } from '../discovered.ts';
import { warn } from '../ui/report.ts';
import { chatProblem, fileFacts } from './registry.ts';

/** Warns about a model that `portico ls` marks as one that can't chat. */
export async function warnOfChatProblem(model: RegistryModel, context: CliContext): Promise<void> {
  const { name } = model.spec;
  const models = new Map([[name, model]]);
  const [files, mute] = await Promise.all([
    fileFacts({ models }, context),
    modelsWithoutCompletion({ models }, context),
  ]);
  const problem = chatProblem(name, { files, mute });
  if (problem === undefined) return;
  warn(`Warning: requests to ${name} are refused (${problem}); see: portico show ${name}`, context);
}
