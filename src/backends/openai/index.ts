import { dirname } from 'node:path';
import { createVariableReader } from '../../config/variables.ts';
import type { BackendDefinition } from '../definition.ts';
import { entrySchema } from './entry.ts';

/** Models of servers that speak OpenAI's chat completions. */
export const OPENAI: BackendDefinition = {
  kind: 'openai',
  entries: { schema: entrySchema },
  takesImages: ({ images }) => images,
  keyVariables: ({ key, providers = [] }) =>
    [key, ...providers.map((provider) => provider.key)].filter((name) => name !== undefined),
  async create({ settings, log }) {
    const { createOpenAiBackend } = await import('./backend.ts');
    const folders = [dirname(settings.registryFile), settings.paths.configFolder];
    const readVariable = createVariableReader(process.env, folders);
    return createOpenAiBackend({ readVariable, log: (message) => log(message) });
  },
};
