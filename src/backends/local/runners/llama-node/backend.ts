import type { Backend, GenerationRequest } from '../../../../core/backend.ts';
import { RuntimeFailure } from '../../../../core/failure.ts';
import type { GenerationEvent } from '../../../../core/events.ts';
import type { KeepAlive } from '../../../../units/keep-alive.ts';
import type { ModelSpec } from '../../../../core/model.ts';
import { EnginePool } from '../../worker/pool.ts';
import { capabilitiesOfFile } from '../../capabilities.ts';
import type { FileFactsSource } from '../../capabilities.ts';
import type { EngineLog, EngineSettings } from '../../engine.ts';
import { IsolatedEngine } from '../../worker/client.ts';
import type { MemoryLine } from '../../memory/budget.ts';
import { isAddonInstalled } from './addon.ts';
import { withTextApart } from './text-routing.ts';
import { allowedSilence, SilenceWatch } from './silence-watch.ts';
import type { Waiting } from './silence-watch.ts';

export interface VisionBackendOptions extends EngineSettings, FileFactsSource {
  readonly log: EngineLog;
  /** The memory that the models of all backends share. */
  readonly line: MemoryLine;
  /** How long an unused model stays in memory, where its entry does not say; default: always. */
  readonly keepAlive?: KeepAlive;
  /**
   * Opens what answers for the same models, blind: where the optional addon is not installed, and for
   * text where an entry keeps pictures apart.
   */
  readonly blind: () => Promise<Backend>;
  readonly isInstalled?: () => boolean;
  /** Milliseconds that an engine may say nothing; default: `allowedSilence`. */
  readonly allowedSilence?: (waiting: Waiting) => number;
  /** The compiled module of the child process, where it is not beside this one. */
  readonly childModule?: URL;
  /** Environment of child processes; default: this process's. */
  readonly environment?: () => NodeJS.ProcessEnv;
}

/** Models from GGUF files that see, each in a child process of its own. */
export function createVisionBackend(options: VisionBackendOptions): Backend {
  const { isInstalled = isAddonInstalled } = options;
  if (isInstalled()) return withTextApart(openBackend(options), options.blind);
  let opened: Promise<Backend> | undefined;
  const blind = (): Promise<Backend> => (opened ??= options.blind());
  return {
    kind: 'vision',
    capabilities: async (model, signal) => (await blind()).capabilities(model, signal),
    ...(options.fileFacts && { describe: async (model) => (await blind()).describe?.(model) }),
    countTokens: async (request, signal) => (await blind()).countTokens(request, signal),
    async *generate(request, signal) {
      yield* (await blind()).generate(request, signal);
    },
    loaded: async (signal) => (await opened)?.loaded?.(signal) ?? [],
    unload: async (name) => (await opened)?.unload?.(name),
    close: async () => (await opened)?.close(),
  };
}

function openBackend(options: VisionBackendOptions): Backend {
  const { line, keepAlive = 'always', log, environment = () => process.env } = options;
  const { threads, gpuLayers, flashAttention, kvType, context, states, queueLimit } = options;
  const loading = { threads, gpuLayers, flashAttention, kvType };
  const settings = { ...loading, context, states, queueLimit };
  const childModule = options.childModule ?? new URL('./child.js', import.meta.url);
  const pool = new EnginePool({
    line,
    keepAlive,
    open: async (spec, gate) => {
      const watch = new SilenceWatch(options.allowedSilence ?? allowedSilence);
      // The addon prints prompts.
      const quotes = false;
      const child = { childModule, watch, quotes, environment };
      return new IsolatedEngine({ spec, settings, log, gate, ...child });
    },
  });
  const describe = async (model: ModelSpec) => {
    const capabilities = await capabilitiesOfFile(options, model);
    return capabilities && { ...capabilities, images: capabilities.chats !== false };
  };
  return {
    kind: 'vision',
    capabilities: (model, signal) =>
      pool.engineFor(model).use((engine) => engine.capabilities(signal), false),
    ...(options.fileFacts && { describe }),
    countTokens: (request, signal) =>
      pool.engineFor(request.model).use((engine) => engine.countTokens(request, signal), true),
    generate: (request, signal) =>
      retriable(pool.engineFor(request.model).generate(request, signal), request),
    loaded: (signal) => pool.loaded(signal),
    unload: (name) => pool.unload(name),
    close: () => pool.close(),
  };
}

/** A request whose engine has died is worth another try as long as nothing of its answer was told. */
async function* retriable(
  events: AsyncGenerator<GenerationEvent>,
  { model }: GenerationRequest,
): AsyncGenerator<GenerationEvent> {
  let told = false;
  try {
    for await (const event of events) {
      told ||= event.type !== 'admitted' && event.type !== 'progress';
      yield event;
    }
  } catch (error) {
    const crashed = error instanceof RuntimeFailure && error.code === 'engine-crashed';
    if (!crashed || told) throw error;
    throw new RuntimeFailure(
      'overloaded',
      `The engine of ${model.name} ended before it answered, and starts again. Try once more.`,
      { retryAfterSeconds: 1, cause: error },
    );
  }
}
