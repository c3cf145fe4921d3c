import type { SilentServer } from '../backends/definition.ts';
import type { ListPatience } from '../backends/ollama/discover.ts';
import type { DiscoveredModel } from '../core/model.ts';
import type { Registry } from '../registry/registry.ts';
import type { CliContext } from './context.ts';
import { warn } from './ui/report.ts';

/** Timeout of a command that lists models. It is longer than for a request, which can use an earlier list. */
const LIST_TIMEOUT_MS = 3_000;

/**
 * Lists the models of the Ollama on this machine. Returns none, after a short time, if Ollama does not run.
 *
 * @param asked unlisted name to include if Ollama accepts it
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

/** Lists the models of Ollama for output: waits longer, and warns if Ollama does not answer. */
export async function discoverForList(context: CliContext): Promise<readonly DiscoveredModel[]> {
  const onSilent = ({ timeoutMs }: SilentServer): void =>
    warn(
      `Warning: Ollama has not answered for ${timeoutMs / 1000} s, so its models are missing ` +
        'in this list; try again soon, or restart it with: ollama serve',
      context,
    );
  return discoverModels(context, undefined, { timeoutMs: LIST_TIMEOUT_MS, onSilent });
}

/** Names of models in Ollama that can't chat, such as those for embeddings. Only includes answers that come in time. */
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
