import type { OpenAiSpec } from './spec.ts';
import { cancelled, raceAbort } from '../../core/abort.ts';
import type { ServerClient } from './client.ts';
import { modelFacts } from './facts.ts';
import type { ModelFacts, ServerDescription } from './facts.ts';
import { readModelList, readProps } from './listing.ts';
import { serverKindOf } from './server.ts';

/** Long enough for the upstream requests of one request, short enough to notice a restart with another model. */
const LIFETIME_MS = 10_000;

/** Finds the facts of a model. Throws a RuntimeFailure if its server does not answer. */
export type FactsFinder = (
  model: OpenAiSpec,
  client: ServerClient,
  signal: AbortSignal,
) => Promise<ModelFacts>;

/** Creates a finder that asks the server, and caches the answer for a short time. */
export function createFactsFinder(): FactsFinder {
  const known = new Map<
    string,
    { readonly description: Promise<ServerDescription>; readonly at: number }
  >();
  return async (model, client, signal) => {
    const key = `${model.server} ${client.key}`;
    let entry = known.get(key);
    if (entry === undefined || performance.now() - entry.at > LIFETIME_MS) {
      // Requests share one upstream request, so the signal of a single one must not end it.
      const description = describeServer(model, client, new AbortController().signal);
      description.catch(() => known.delete(key));
      entry = { description, at: performance.now() };
      known.set(key, entry);
    }
    return modelFacts(model, await raceAbort(entry.description, signal, cancelled));
  };
}

/** Detects a server: by models.yaml, by the owner of its models, and by the properties of llama-server. */
async function describeServer(
  { server }: OpenAiSpec,
  client: ServerClient,
  signal: AbortSignal,
): Promise<ServerDescription> {
  // Other providers report nothing more than models.yaml, so they are not asked.
  if (server === 'openai' || server === 'other') {
    return { kind: server, models: [], props: undefined };
  }
  const models = readModelList(await client.ask('models', undefined, signal)) ?? [];
  const kind = server ?? serverKindOf(models.map(({ owner }) => owner));
  const props =
    kind === 'llama-server' ? readProps(await client.ask('props', undefined, signal)) : undefined;
  return { kind, models, props };
}
