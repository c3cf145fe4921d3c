import { entrySchemaOf } from '../../registry/schema.ts';
import type { BackendDefinition } from '../definition.ts';

/** Models of an Ollama server. */
export const OLLAMA: BackendDefinition = {
  kind: 'ollama',
  entries: { schema: entrySchemaOf({}) },
  discovers: true,
  async create({ onSilent }) {
    const { createOllamaBackend } = await import('./backend.ts');
    const { ollamaUrl } = await import('./address.ts');
    const defaultUrl = ollamaUrl(process.env['OLLAMA_HOST']);
    return createOllamaBackend({ defaultUrl, patience: { onSilent } });
  },
};
