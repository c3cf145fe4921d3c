import type { Capabilities } from '../core/backend.ts';
import type { ImagePart } from '../core/conversation.ts';
import { RuntimeFailure } from '../core/errors.ts';
import type { BackendKind, ModelSpec } from '../core/model.ts';
import type { RegistryModel } from '../registry/registry.ts';

/** The models that can be named instead of one that can't see. */
export interface KnownModels {
  models(): Promise<readonly { readonly name: string; readonly model: RegistryModel }[]>;
  /** Undefined where a model can't be asked just now. */
  capabilities(model: RegistryModel, signal: AbortSignal): Promise<Capabilities | undefined>;
}

/** A client waits for its error: a server that has not answered by then is taken for away. */
const ANSWER_WITHIN_MS = 1000;

/** Engines whose models never see, so that none is opened to be asked. */
const BLIND: readonly BackendKind[] = ['llama'];

/** What a client is told whose model can't see: the first image's place, and a model that can. */
export async function cantSee(
  model: ModelSpec,
  image: ImagePart,
  known: KnownModels,
  signal: AbortSignal,
): Promise<RuntimeFailure> {
  const wayOut =
    missingPart(model) ??
    (await wayOutOf(known, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])));
  return new RuntimeFailure(
    'unsupported',
    `${image.at ?? 'messages: image blocks'}: the model ${model.name} can't see. ${wayOut}`,
  );
}

/** What a model that could see lacks to do so. */
function missingPart({ backend, mmproj }: ModelSpec): string | undefined {
  if (backend === 'vision') {
    return (
      'It could with the optional package @fugood/llama.node, which is not installed here: run ' +
      '`npm install @fugood/llama.node` beside Portico, and start Portico again.'
    );
  }
  return backend === 'llama' && mmproj !== undefined
    ? `Its projector ${mmproj} is not there: put it there, or correct \`mmproj:\` in models.yaml.`
    : undefined;
}

async function wayOutOf(known: KnownModels, signal: AbortSignal): Promise<string> {
  const models = (await known.models()).filter(({ model }) => !BLIND.includes(model.spec.backend));
  const late = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const seeing = await Promise.all(
    models.map(async ({ model }) => Promise.race([known.capabilities(model, signal), late])),
  );
  const usable = models.find((_model, index) => seeing[index]?.images === true);
  if (usable !== undefined) return `Use ${usable.name}, which can, or leave the images out.`;
  const away = models.find(({ model }) => model.spec.images === true);
  return away === undefined
    ? 'No known model can: get one, such as with `portico pull ollama:gemma3`, or write `images: true` ' +
        'into the entry of one behind a server that takes images. Or leave the images out.'
    : `Use ${away.name}, which can once its server answers, or leave the images out.`;
}
