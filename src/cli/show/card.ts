import { existsSync } from 'node:fs';
import type { FileDescription } from '../../backends/definition.ts';
import { definitionOf } from '../../backends/index.ts';
import { composeModels } from '../../compose.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { RegistryModel } from '../../registry/registry.ts';
import { statusOf } from '../../registry/status.ts';
import type { ModelStatus } from '../../registry/status.ts';
import type { CliContext } from '../context.ts';
import type { RegistryFlags } from '../declaration.ts';
import { createLogger } from '../ui/logger.ts';

/** Timeout for another server to describe its model. */
const DESCRIBE_TIMEOUT_MS = 10_000;

/** Description of a model that is not loaded. Unknown fields are undefined. */
export interface ModelCard extends Partial<FileDescription> {
  readonly name: string;
  readonly backend: string;
  readonly status: ModelStatus;
  readonly description: string | undefined;
  readonly file: string | undefined;
  readonly upstream: string | undefined;
  readonly url: string | undefined;
  /** URLs of several servers that share its requests. */
  readonly servers?: readonly string[] | undefined;
  readonly source: string | undefined;
  readonly location: string;
}

/** Describes a model by its file or its server. If it has neither, describes its entry in models.yaml. */
export async function modelCard(
  model: RegistryModel,
  flags: RegistryFlags,
  context: CliContext,
): Promise<ModelCard> {
  const { spec, description, source, sizeBytes, memoryBytes, location } = model;
  const definition = definitionOf(spec, context.backends);
  const status = statusOf(model, existsSync);
  const entry = {
    name: spec.name,
    backend: spec.backend,
    status,
    description,
    file: spec.file,
    upstream: spec.upstream,
    url: spec.url,
    servers: definition?.describeEntry(spec, context.environment).servers,
    source,
    ...(spec.context !== undefined && { context: spec.context }),
    ...(sizeBytes !== undefined && { fileBytes: sizeBytes }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    location,
  };
  const settings = resolveSettings(flags, context.environment);
  switch (status) {
    case 'ready':
      return { ...entry, ...(await definition?.describeFile?.(spec, settings)) };
    case 'upstream': {
      const logger = await createLogger('error', context);
      const models = await composeModels(settings, logger, context.backends);
      try {
        const capabilities = await models.runtime.capabilities(
          model,
          AbortSignal.timeout(DESCRIBE_TIMEOUT_MS),
        );
        const size = capabilities?.contextTokens;
        return { ...entry, capabilities, ...(size !== undefined && { context: size }) };
      } finally {
        await models.close();
      }
    }
    case 'not downloaded':
    case 'file missing':
      return entry;
    default:
      return status satisfies never;
  }
}
