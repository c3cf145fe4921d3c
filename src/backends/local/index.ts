import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { BackendDefinition } from '../definition.ts';
import type { StateCache } from './engine-settings.ts';
import { entrySchema } from './entry.ts';
import { visionSupport } from './runner-choice.ts';

/** Requests that may wait for a model before the next one has to come back later. */
const QUEUE_LIMIT = 64;

/** Models from GGUF files, by llama.cpp on this machine. */
export const LLAMA: BackendDefinition = {
  kind: 'llama',
  entries: { schema: entrySchema, usesFiles: true },
  takesImages: (model) => visionSupport(model) === 'available',
  async create({ settings, environment, log }) {
    const { createLocalBackend } = await import('./backend.ts');
    const { FileFactsCache } = await import('./model/file-facts-cache.ts');
    const fileFacts = new FileFactsCache({ folder: settings.paths.dataFolder });
    const backend = createLocalBackend({
      ...settings,
      keepAlive: settings.keepAliveMilliseconds,
      states: stateCache(settings),
      queueLimit: QUEUE_LIMIT,
      environment,
      fileFacts,
      log,
    });
    return {
      ...backend,
      async close() {
        await backend.close();
        await fileFacts.close();
      },
    };
  },
};

/** Place of states that outlive their slots; undefined keeps none. */
function stateCache({ stateCacheMegabytes, paths }: Settings): StateCache | undefined {
  if (stateCacheMegabytes === 0) return undefined;
  const limitBytes = stateCacheMegabytes === undefined ? undefined : stateCacheMegabytes * 2 ** 20;
  return { folder: join(paths.dataFolder, 'states'), limitBytes };
}
