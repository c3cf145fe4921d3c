import { entrySchemaOf } from '../../registry/schema.ts';
import type { BackendDefinition } from '../definition.ts';
import { ollamaUrl } from './address.ts';

/** Models of an Ollama server. */
export const OLLAMA: BackendDefinition = {
  kind: 'ollama',
  entries: { schema: entrySchemaOf({}) },
  discovers: true,
  describeEntry: (entry, variables) => ({
    entry,
    defaultServer: ollamaUrl(variables['OLLAMA_HOST']),
  }),
  async create({ variables, onSilent, listTimeoutMs }) {
    const { createOllamaBackend } = await import('./backend.ts');
    return createOllamaBackend({
      defaultUrl: ollamaUrl(variables['OLLAMA_HOST']),
      firstList: {
        ...(onSilent !== undefined && { onSilent }),
        ...(listTimeoutMs !== undefined && { timeoutMs: listTimeoutMs }),
      },
    });
  },
};
