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

/** How long another server may take to describe its model. */
const DESCRIBE_TIMEOUT_MS = 10_000;

/** All that is known of a model before it is loaded; what is not known is undefined. */
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
  /** Abilities that are instructions in the prompt, not the model's own. */
  readonly injected?: { readonly tools: boolean; readonly thinking: boolean } | undefined;
  readonly file: string | undefined;
  /** The file by which it sees, where it can. */
  readonly projector?: string | undefined;
  readonly upstream: string | undefined;
  readonly url: string | undefined;
  /** Those that share its requests. */
  readonly servers?: readonly string[] | undefined;
  readonly source: string | undefined;
  readonly fileBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly license?: string | undefined;
  readonly location: string;
}

/** Reads a model's file, or asks the server that has it; else it is what models.yaml says. */
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

/** Description of a model from its file, with what its projector adds. */
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

/** What a model can do with its projector, where that and the optional addon are there. */
async function describeSight(
  { mmproj }: ModelSpec,
  capabilities: Capabilities | undefined,
): Promise<Pick<ModelCard, 'capabilities' | 'projector'>> {
  if (mmproj === undefined || !existsSync(mmproj)) return {};
  const { isAddonInstalled } = await import('../../backends/local/runners/llama-node/addon.ts');
  if (!isAddonInstalled()) return {};
  return { capabilities: capabilities && { ...capabilities, images: true }, projector: mmproj };
}
