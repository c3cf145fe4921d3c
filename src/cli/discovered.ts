import type { ListPatience, SilentServer } from '../backends/ollama/discover.ts';
import type { ModelSpec } from '../core/model.ts';
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
): Promise<readonly ModelSpec[]> {
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
export async function discoverForList(context: CliContext): Promise<readonly ModelSpec[]> {
  const onSilent = ({ timeoutMs }: SilentServer): void =>
    warn(
      `Warning: Ollama has not answered for ${timeoutMs / 1000} s, so its models are missing ` +
        'here; try again soon, or restart it with: ollama serve',
      context,
    );
  return discoverModels(context, undefined, { timeoutMs: LIST_TIMEOUT_MS, onSilent });
}
