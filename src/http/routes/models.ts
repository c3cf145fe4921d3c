import { stat } from 'node:fs/promises';
import type { RequestHandler } from 'express';
import { withoutControls } from '../../core/one-line.ts';
import type { Capabilities } from '../../core/backend.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { LOCAL_PREFIX } from '../../registry/lookup.ts';
import type { RegistryModel } from '../../registry/registry.ts';
import type { Runtime } from '../../pipeline/runtime.ts';
import type { NamedModel } from '../../pipeline/usable-models.ts';
import type {
  ModelListing,
  ModelName,
  ModelRoute,
  ModelSource,
  ModelsRoute,
} from '../../wires/wire.ts';

/** Lists all usable names, models and aliases; discovered ones are last. */
export function createModelsHandler(route: ModelsRoute, runtime: Runtime): RequestHandler {
  return async (request, response) => {
    const source = modelSource(runtime, await runtime.models());
    response.json(await route.list(source, { headers: request.headers, query: request.query }));
  };
}

/** Describes one model, which the path names. */
export function createModelHandler(route: ModelRoute, runtime: Runtime): RequestHandler {
  return async (request, response) => {
    const id = String(request.params['id']);
    const { model } = await runtime.resolve(id);
    const capabilities = await runtime.describe(model);
    if (capabilities?.problem !== undefined) {
      throw new RuntimeFailure('model-not-found', `model: ${id}: ${capabilities.problem}`);
    }
    // The API's body has no field for it.
    if (capabilities?.maxContextTokens !== undefined) {
      response.setHeader('portico-max-context', String(capabilities.maxContextTokens));
    }
    response.json(route.encode(await describe(id, model, capabilities)));
  };
}

function modelSource(runtime: Runtime, models: readonly NamedModel[]): ModelSource {
  const byName = new Map(
    models.flatMap(({ name, model }) => [
      [name, model],
      [`${LOCAL_PREFIX}${name}`, model],
    ]),
  );
  return {
    names: models.map(modelName),
    describe: async (names) => {
      const chosen = names.flatMap(({ id }) => {
        const model = byName.get(id);
        return model === undefined ? [] : [{ name: id, model }];
      });
      const capabilities = await runtime.listed(chosen);
      return Promise.all(
        chosen.map(async ({ name, model }, index) => {
          const listing = await describe(name, model, capabilities[index]);
          return name.startsWith(LOCAL_PREFIX) ? withDescription(listing) : listing;
        }),
      );
    },
  };
}

function modelName({ name, model }: NamedModel): ModelName {
  return name === model.spec.name
    ? { id: name, claudeName: `${LOCAL_PREFIX}${name}` }
    : { id: name };
}

async function describe(
  id: string,
  model: RegistryModel,
  capabilities: Capabilities | undefined,
): Promise<ModelListing> {
  return {
    id,
    displayName: titleOf(model),
    description: model.description && withoutControls(model.description),
    createdAt: await createdAt(model.spec.file),
    capabilities,
  };
}

/** Adds a description to a name for Claude Code, whose picker shows one for each model. */
function withDescription(listing: ModelListing): ModelListing {
  const tokens = listing.capabilities?.contextTokens.toLocaleString('en-US');
  const context = tokens === undefined ? '' : `, context of ${tokens} tokens`;
  return { ...listing, description: listing.description ?? `Local model${context}` };
}

/** Time at which the model came to this machine; the epoch if that is unknown. */
async function createdAt(file: string | undefined): Promise<string> {
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  return (found?.mtime ?? new Date(0)).toISOString();
}

/** Short name of a model for pickers, without control characters: its entry's title, else its name without `:latest`. */
function titleOf({ title, spec }: RegistryModel): string {
  return withoutControls(title ?? spec.name.replace(/:latest$/, ''));
}
