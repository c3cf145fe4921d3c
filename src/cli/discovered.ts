import type { ModelSpec } from '../core/model.ts';
import type { CliContext } from './context.ts';

/**
 * The models that the Ollama on this machine has; none, and soon, where it is away.
 *
 * @param asked a name to include if Ollama would take it unseen
 */
export async function discoverModels(
  { environment }: CliContext,
  asked?: string,
): Promise<readonly ModelSpec[]> {
  const { createOllamaBackend } = await import('../backends/ollama/backend.ts');
  const { ollamaUrl } = await import('../backends/ollama/address.ts');
  const backend = createOllamaBackend({ defaultUrl: ollamaUrl(environment['OLLAMA_HOST']) });
  try {
    return (await backend.discover?.(asked)) ?? [];
  } finally {
    await backend.close();
  }
}
