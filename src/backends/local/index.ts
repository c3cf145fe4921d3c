import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { BackendDefinition, FileDescription } from '../definition.ts';
import type { AttentionStore, StateCache } from './engine-settings.ts';
import { localEntrySchema, REPLACED_FIELDS } from './entry.ts';
import type { LocalSpec } from './spec.ts';
import { chooseRunner, serverReason, visionSupport } from './runner-choice.ts';

/** Limit of requests that wait for a model. Further ones are refused as overloaded. */
const QUEUE_LIMIT = 64;

/** Models from GGUF files, run by llama.cpp on this machine. */
export const LLAMA: BackendDefinition<LocalSpec> = {
  kind: 'llama',
  entries: {
    schema: localEntrySchema,
    usesFiles: true,
    paths: ['mmproj', 'draft', 'lora'],
    replaced: REPLACED_FIELDS,
  },
  describeEntry: (entry) => ({ entry }),
  describeFile,
  takesImages: (model) => visionSupport(model) === 'available',
  async create({ settings, environment, log }) {
    const { createLocalBackend } = await import('./backend.ts');
    const { FileFactsCache } = await import('./model/file-facts-cache.ts');
    const fileFacts = new FileFactsCache({ folder: settings.paths.dataFolder });
    const backend = createLocalBackend({
      ...settings,
      keepAlive: settings.keepAliveMs,
      states: stateCache(settings),
      attention: attentionStore(settings),
      enginesFolder: settings.paths.enginesFolder,
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

/** Describes a model by its file, and its vision by the projector. */
async function describeFile(model: LocalSpec, settings: Settings): Promise<FileDescription> {
  const { importEngine } = await import('./engine-package.ts');
  const { describeGguf } = await importEngine(() => import('./runners/llama-cpp/describe.ts'));
  const described = await describeGguf(model, {
    ...settings,
    attention: attentionStore(settings),
  });
  const { capabilities } = described;
  const vision = visionSupport(model);
  const isChosen = chooseRunner(model, vision, false) === 'llama-cpp';
  const flashAttention = isChosen ? described.flashAttention : undefined;
  const engine = await engineText(model, settings);
  if (model.mmproj === undefined || vision !== 'available') {
    return { ...described, flashAttention, engine };
  }
  return {
    ...described,
    flashAttention,
    engine,
    capabilities: capabilities && { ...capabilities, images: true },
    projector: model.mmproj,
  };
}

/** Engine of a model, with the reason and the program. */
async function engineText(model: LocalSpec, settings: Settings): Promise<string> {
  const reason = serverReason(model);
  if (reason === undefined) return 'built-in';
  const { findServerHere } = await import('./runners/llama-server/find-binary.ts');
  const { llamaServer, paths } = settings;
  const found = findServerHere({ llamaServer, enginesFolder: paths.enginesFolder });
  const program = found === undefined ? 'none was found' : `${found.file} (${found.place})`;
  return `llama-server, by ${reason}: ${program}`;
}

/** Records for the choice of flash attention, which are kept without a state cache too. */
function attentionStore({ paths }: Settings): AttentionStore {
  return { folder: join(paths.dataFolder, 'attention') };
}

/** Cache of states that outlive their slots; undefined if it is disabled. */
function stateCache({ stateCacheMegabytes, paths }: Settings): StateCache | undefined {
  if (stateCacheMegabytes === 0) return undefined;
  const limitBytes = stateCacheMegabytes === undefined ? undefined : stateCacheMegabytes * 2 ** 20;
  return { folder: join(paths.dataFolder, 'states'), limitBytes };
}
