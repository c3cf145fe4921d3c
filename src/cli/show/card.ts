import { existsSync } from 'node:fs';
import { composeModels } from '../../compose.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { Capabilities } from '../../core/backend.ts';
import type { ModelSpec } from '../../core/model.ts';
import type { RegistryModel } from '../../registry/registry.ts';
import { statusOf } from '../../registry/status.ts';
import type { ModelStatus } from '../../registry/status.ts';
import type { CliContext } from '../context.ts';
import type { RegistryFlags } from '../declaration.ts';
import { createLogger } from '../ui/logger.ts';

/** Timeout for another server to describe its model. */
const DESCRIBE_TIMEOUT_MS = 10_000;

/** Description of a model that is not loaded. Unknown fields are undefined. */
export interface ModelCard {
  readonly name: string;
  readonly backend: string;
  readonly status: ModelStatus;
  readonly description: string | undefined;
  readonly title?: string | undefined;
  readonly architecture?: string;
  readonly parameters?: number;
  readonly quantization?: string | undefined;
  readonly trainedContext?: number | undefined;
  readonly context?: number | undefined;
  readonly templateFamily?: string | undefined;
  readonly capabilities?: Capabilities | undefined;
  /** Capabilities that come from instructions in the prompt, not from the chat template. */
  readonly injected?: { readonly tools: boolean; readonly thinking: boolean } | undefined;
  readonly file: string | undefined;
  /** File of its projector, if it has vision. */
  readonly projector?: string | undefined;
  readonly upstream: string | undefined;
  readonly url: string | undefined;
  /** URLs of several servers that share its requests. */
  readonly servers?: readonly string[] | undefined;
  readonly source: string | undefined;
  readonly fileBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly license?: string | undefined;
  readonly location: string;
}

/** Describes a model by its file or its server. If it has neither, describes its entry in models.yaml. */
export async function describeModel(
  model: RegistryModel,
  flags: RegistryFlags,
  context: CliContext,
): Promise<ModelCard> {
  const { spec, description, source, sizeBytes, memoryBytes, location } = model;
  const status = statusOf(model, existsSync);
  const entry = {
    name: spec.name,
    backend: spec.backend,
    status,
    description,
    file: spec.file,
    upstream: spec.upstream,
    url: spec.url,
    servers: spec.providers?.map(({ url }) => url),
    source,
    context: spec.context,
    fileBytes: sizeBytes,
    memoryBytes,
    location,
  };
  const settings = resolveSettings(flags, context.environment);
  switch (status) {
    case 'ready':
      return { ...entry, ...(await describeFile(spec, settings.context)) };
    case 'upstream': {
      const models = await composeModels(settings, await createLogger('error', context));
      try {
        const capabilities = await models.runtime.capabilities(
          model,
          AbortSignal.timeout(DESCRIBE_TIMEOUT_MS),
        );
        return { ...entry, capabilities, context: capabilities?.contextTokens ?? spec.context };
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

/** Describes a model by its file and its projector. */
async function describeFile(
  spec: ModelSpec,
  context: number | undefined,
): Promise<Partial<ModelCard>> {
  const { importEngine } = await import('../../backends/local/engine-package.ts');
  const engine = await importEngine(
    () => import('../../backends/local/runners/llama-cpp/describe.ts'),
  );
  const described = await engine.describeModel(spec, context);
  return { ...described, ...(await describeSight(spec, described.capabilities)) };
}

/** Capabilities of a model with its projector; none if the projector or the optional addon is missing. */
async function describeSight(
  { mmproj }: ModelSpec,
  capabilities: Capabilities | undefined,
): Promise<Pick<ModelCard, 'capabilities' | 'projector'>> {
  if (mmproj === undefined || !existsSync(mmproj)) return {};
  const { isAddonInstalled } = await import('../../backends/local/runners/llama-node/addon.ts');
  if (!isAddonInstalled()) return {};
  return { capabilities: capabilities && { ...capabilities, images: true }, projector: mmproj };
}
