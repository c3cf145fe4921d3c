import type { SilentServer } from '../backends/definition.ts';
import type { ListPatience } from '../backends/ollama/discover.ts';
import type { DiscoveredModel } from '../core/model.ts';
import type { Registry } from '../registry/registry.ts';
import type { CliContext } from './context.ts';
import { warn } from './ui/report.ts';

/** A command that lists waits longer than a request: it has no earlier list to fall back on. */
const LIST_TIMEOUT_MS = 3_000;

/**
 * The models that the Ollama on this machine has; none, and soon, where it is away.
 *
 * @param asked a name to include if Ollama would take it unseen
 */
export async function discoverModels(
  { environment }: CliContext,
  asked?: string,
  patience?: ListPatience,
): Promise<readonly DiscoveredModel[]> {
  const { createOllamaBackend } = await import('../backends/ollama/backend.ts');
  const { ollamaUrl } = await import('../backends/ollama/address.ts');
  const defaultUrl = ollamaUrl(environment['OLLAMA_HOST']);
  const backend = createOllamaBackend({ defaultUrl, ...(patience && { patience }) });
  try {
    return (await backend.discover?.(asked)) ?? [];
  } finally {
    await backend.close();
  }
}

/** The same for a list that is printed: waits longer, and warns if Ollama stays silent. */
export async function discoverForList(context: CliContext): Promise<readonly DiscoveredModel[]> {
  const onSilent = ({ timeoutMs }: SilentServer): void =>
    warn(
      `Warning: Ollama has not answered for ${timeoutMs / 1000} s, so its models are missing ` +
        'here; try again soon, or restart it with: ollama serve',
      context,
    );
  return discoverModels(context, undefined, { timeoutMs: LIST_TIMEOUT_MS, onSilent });
}

/** Names of models in Ollama that can't chat, such as those for embeddings, as far as it says so soon. */
export async function modelsWithoutCompletion(
  { models }: Registry,
  { environment }: CliContext,
): Promise<ReadonlySet<string>> {
  const specs = Array.from(models.values(), ({ spec }) => spec);
  const asked = specs.filter(({ backend }) => backend === 'ollama');
  if (asked.length === 0) return new Set();
  const { createOllamaBackend } = await import('../backends/ollama/backend.ts');
  const { ollamaUrl } = await import('../backends/ollama/address.ts');
  const { KnownCapabilities } = await import('../pipeline/known-capabilities.ts');
  const backend = createOllamaBackend({ defaultUrl: ollamaUrl(environment['OLLAMA_HOST']) });
  try {
    const known = new KnownCapabilities((spec, signal) => backend.capabilities(spec, signal));
    const capabilities = await known.listed(asked);
    const mute = asked.filter((_, index) => capabilities[index]?.chats === false);
    return new Set(mute.map(({ name }) => name));
  } finally {
    await backend.close();
  }
}
