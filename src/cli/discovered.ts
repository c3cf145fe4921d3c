import type { BackendContext, BackendDefinition, SilentServer } from '../backends/definition.ts';
import { BACKENDS } from '../backends/index.ts';
import { resolveSettings } from '../config/settings.ts';
import type { Backend } from '../core/backend.ts';
import type { DiscoveredModel } from '../core/model.ts';
import type { Registry } from '../registry/registry.ts';
import type { CliContext } from './context.ts';
import { warn } from './ui/report.ts';

/** Timeout of a command that lists models. It is longer than for a request, which can use an earlier list. */
const LIST_TIMEOUT_MS = 3_000;

/** Wait of a command for the models of a server. */
type ListWait = Pick<BackendContext, 'listTimeoutMs' | 'onSilent'>;

/**
 * Lists the models that answer without an entry, such as those of the Ollama on this machine. Returns none,
 * after a short time, if their server does not run.
 *
 * @param asked unlisted name to include if the server accepts it
 */
export async function discoverModels(
  context: CliContext,
  asked?: string,
  wait: ListWait = {},
): Promise<readonly DiscoveredModel[]> {
  const found = discovering(context).map((definition) =>
    withBackend(definition, context, wait, async (backend) => backend.discover?.(asked)),
  );
  return (await Promise.all(found)).flatMap((models) => models ?? []);
}

/** Lists the models of Ollama for output: waits longer, and warns if Ollama does not answer. */
export async function discoverForList(context: CliContext): Promise<readonly DiscoveredModel[]> {
  const onSilent = ({ timeoutMs }: SilentServer): void =>
    warn(
      `Warning: Ollama has not answered for ${timeoutMs / 1000} s, so its models are missing ` +
        'in this list; try again soon, or restart it with: ollama serve',
      context,
    );
  return discoverModels(context, undefined, { listTimeoutMs: LIST_TIMEOUT_MS, onSilent });
}

/** Names of discovered models that can't chat, such as those for embeddings. Only includes answers that come in time. */
export async function modelsWithoutCompletion(
  { models }: Pick<Registry, 'models'>,
  context: CliContext,
): Promise<ReadonlySet<string>> {
  const specs = Array.from(models.values(), ({ spec }) => spec);
  const found = discovering(context).map(async (definition) => {
    const asked = specs.filter(({ backend }) => backend === definition.kind);
    if (asked.length === 0) return [];
    const { KnownCapabilities } = await import('../pipeline/known-capabilities.ts');
    return withBackend(definition, context, {}, async (backend) => {
      const known = new KnownCapabilities((spec, signal) => backend.capabilities(spec, signal));
      const capabilities = await known.listed(asked);
      return asked.filter((_, index) => capabilities[index]?.chats === false);
    });
  });
  return new Set((await Promise.all(found)).flat().map(({ name }) => name));
}

function discovering({ backends = BACKENDS }: CliContext): readonly BackendDefinition[] {
  return backends.filter(({ discovers }) => discovers === true);
}

/** Uses a backend without a server, then closes it. */
async function withBackend<T>(
  definition: BackendDefinition,
  context: CliContext,
  wait: ListWait,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { environment } = context;
  const backend = await definition.create({
    ...wait,
    // Resolved only if the backend needs them: a wrong setting does not break a list.
    get settings() {
      return resolveSettings({}, environment);
    },
    log: (message) => warn(message, context),
    variables: environment,
    environment: () => environment,
  });
  try {
    return await use(backend);
  } finally {
    await backend.close();
  }
}
