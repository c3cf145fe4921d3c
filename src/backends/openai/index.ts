import { dirname } from 'node:path';
import { createVariableReader } from '../../config/variables.ts';
import type { BackendDefinition } from '../definition.ts';
import { openAiEntrySchema } from './entry.ts';
import type { OpenAiSpec } from './spec.ts';

/** Models of servers that speak OpenAI's chat completions. */
export const OPENAI: BackendDefinition<OpenAiSpec> = {
  kind: 'openai',
  entries: { schema: openAiEntrySchema },
  takesImages: ({ images }) => images,
  keyVariables: ({ key, providers = [] }) =>
    [key, ...providers.map((provider) => provider.key)].filter((name) => name !== undefined),
  describeEntry({ headers, providers, ...entry }) {
    return {
      entry: {
        ...entry,
        headers: headersWithoutValues(headers),
        providers: providers?.map((provider) => ({
          ...provider,
          headers: headersWithoutValues(provider.headers),
        })),
      },
      ...(providers !== undefined && { servers: providers.map(({ url }) => url) }),
    };
  },
  async create({ settings, variables, log }) {
    const { createOpenAiBackend } = await import('./backend.ts');
    const folders = [dirname(settings.registryFile), settings.paths.configFolder];
    const readVariable = createVariableReader(variables, folders);
    return createOpenAiBackend({ readVariable, log: (message) => log(message) });
  },
};

/** Names of headers: their values may be secrets. */
function headersWithoutValues(headers: OpenAiSpec['headers']): readonly string[] | undefined {
  return headers && Object.keys(headers);
}
