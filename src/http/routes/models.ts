import { stat } from 'node:fs/promises';
import type { RequestHandler } from 'express';
import type { Capabilities } from '../../core/backend.ts';
import { LOCAL_PREFIX } from '../../registry/lookup.ts';
import type { RegistryModel } from '../../registry/registry.ts';
import type { Runtime } from '../../pipeline/runtime.ts';
import type { NamedModel } from '../../pipeline/usable-models.ts';
import { titleOf } from '../../registry/title.ts';
import { encodeModel, encodePage, pageOf } from '../../wires/anthropic/models.ts';
import type { ModelListing } from '../../wires/anthropic/models.ts';

/**
 * `GET /v1/models`: every name that answers, models and aliases, those that were found last. Claude
 * Code gets the models a second time under the names that its `/model` shows.
 */
export function createModelsRoute(runtime: Runtime): RequestHandler {
  return async (request, response) => {
    const models = await runtime.models();
    const isClaudeCode = /^claude-(?:code|cli)\//i.test(request.get('user-agent') ?? '');
    const names = isClaudeCode ? [...models, ...(await localNames(runtime, models))] : models;
    const page = pageOf(
      names.map((one) => ({ ...one, id: one.name })),
      request.query,
    );
    const capabilities = await runtime.listed(page.items);
    const listings = page.items.map(({ name, model }, index) =>
      listing(name, model, capabilities[index]),
    );
    response.json(encodePage(await Promise.all(listings), page.hasMore));
  };
}

/** `GET /v1/models/:id`: one of them, with what it can do. */
export function createModelRoute(runtime: Runtime): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id } = request.params;
    const { model } = await runtime.resolve(id);
    const capabilities = await runtime.describe(model);
    // The API's body has no place for it.
    if (capabilities?.maxContextTokens !== undefined) {
      response.setHeader('portico-max-context', String(capabilities.maxContextTokens));
    }
    response.json(encodeModel(await listing(id, model, capabilities)));
  };
}

/** Second names of the models, except those that can't chat. */
async function localNames(
  runtime: Runtime,
  models: readonly NamedModel[],
): Promise<readonly NamedModel[]> {
  const capabilities = await runtime.listed(models);
  return models.filter((_, index) => capabilities[index]?.chats !== false).flatMap(localName);
}

/** The second name of a model; none for aliases, and for names that Claude Code shows as they are. */
function localName({ name, model }: NamedModel): readonly NamedModel[] {
  if (name !== model.spec.name || /^(?:claude|anthropic)/i.test(name)) return [];
  return [{ name: `${LOCAL_PREFIX}${name}`, model }];
}

async function listing(
  id: string,
  model: RegistryModel,
  capabilities: Capabilities | undefined,
): Promise<ModelListing> {
  return {
    id,
    displayName: titleOf(model),
    description: model.description,
    createdAt: await createdAt(model.spec.file),
    capabilities,
  };
}

/** When the model came to this machine; the API writes the epoch where that is not known. */
async function createdAt(file: string | undefined): Promise<string> {
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  return (found?.mtime ?? new Date(0)).toISOString();
}
