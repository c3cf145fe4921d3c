import { ollamaUrl } from '../../backends/ollama/address.ts';
import { pullThroughOllama } from '../../backends/ollama/pull.ts';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import type { PullJob } from './job.ts';
import type { PullTarget } from './target.ts';
import { say, printJson } from '../ui/report.ts';

/**
 * Makes Ollama pull a model, and shows the same progress as Portico's own downloads.
 *
 * @param unknown message for a name that neither models.yaml nor Ollama knows
 */
export async function pullOllama(
  target: Extract<PullTarget, { readonly kind: 'ollama' }>,
  unknown: string,
  { context, progress, signal, json }: PullJob,
): Promise<void> {
  const { model, isGuess } = target;
  const url = ollamaUrl(target.url ?? context.environment['OLLAMA_HOST']);
  let status = '';
  try {
    for await (const step of pullThroughOllama(url, model, signal)) {
      if (step.total > 0) progress.update(`pulling ${model}`, step.done, step.total);
      else if (step.status !== status) progress.say(step.status);
      ({ status } = step);
    }
  } catch (error) {
    if (!isGuess || signal.aborted) throw error;
    throw new RuntimeFailure(
      'model-not-found',
      `${unknown}; nor can Ollama pull it: ${messageOf(error)}`,
      { cause: error },
    );
  }
  progress.end();
  if (json) printJson({ name: model, backend: 'ollama', url }, context);
  else say(`pulled '${model}' into Ollama at ${url}`, context);
}
