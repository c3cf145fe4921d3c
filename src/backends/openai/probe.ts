import type { OpenAiSpec } from './spec.ts';
import { cancelled } from '../../net/http-client.ts';
import type { ServerClient } from './client.ts';
import { modelFacts } from './facts.ts';
import type { ModelFacts, ServerDescription } from './facts.ts';
import { readModelList, readProps } from './listing.ts';
import { serverKindOf } from './server.ts';

/** Long enough for the calls of one request, short enough for a restart with another model. */
const LIFETIME_MS = 10_000;

/** Finds out how a model is to be asked. Throws a RuntimeFailure where its server does not answer. */
export type FactsFinder = (
  model: OpenAiSpec,
  client: ServerClient,
  signal: AbortSignal,
) => Promise<ModelFacts>;

/** A finder that asks the server, and remembers the answer a short while. */
export function createFactsFinder(): FactsFinder {
  const known = new Map<
    string,
    { readonly description: Promise<ServerDescription>; readonly at: number }
  >();
  return async (model, client, signal) => {
    const key = `${model.server} ${client.key}`;
    let entry = known.get(key);
    if (entry === undefined || performance.now() - entry.at > LIFETIME_MS) {
      // Requests share the question, so that it is not one's signal which ends it.
      const description = describeServer(model, client, new AbortController().signal);
      description.catch(() => known.delete(key));
      entry = { description, at: performance.now() };
      known.set(key, entry);
    }
    return modelFacts(model, await orAborted(entry.description, signal));
  };
}

/** What a server is: by what models.yaml says, by who owns its models, and by llama-server's own page. */
async function describeServer(
  { server }: OpenAiSpec,
  client: ServerClient,
  signal: AbortSignal,
): Promise<ServerDescription> {
  // Providers need not be asked for what is said already, and tell nothing more.
  if (server === 'openai' || server === 'other') {
    return { kind: server, models: [], props: undefined };
  }
  const models = readModelList(await client.ask('models', undefined, signal)) ?? [];
  const kind = server ?? serverKindOf(models.map(({ owner }) => owner));
  const props =
    kind === 'llama-server' ? readProps(await client.ask('props', undefined, signal)) : undefined;
  return { kind, models, props };
}

/** The same work, but no longer waited for once the signal is aborted. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(cancelled(signal.reason));
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(cancelled(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    const settled = (): void => signal.removeEventListener('abort', abort);
    work.then(resolve, reject).then(settled, settled);
  });
}
