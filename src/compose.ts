import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { EngineLog, StateCache } from './backends/local/engine-settings.ts';
import type { SilentServer } from './backends/ollama/discover.ts';
import { FileFactsCache } from './backends/local/model/file-facts-cache.ts';
import { visionSupport } from './backends/local/runner-choice.ts';
import { environmentWithoutKeys, environmentWithoutSecrets } from './config/child-environment.ts';
import type { Settings } from './config/settings.ts';
import { loadThinkingKey } from './config/thinking-key.ts';
import { createVariableReader } from './config/variables.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { stopServers } from './http/stop.ts';
import { RuntimeFailure } from './core/failure.ts';
import { within } from './net/timeouts.ts';
import { openLiveRegistry } from './registry/live.ts';
import { keyVariables } from './registry/registry.ts';
import type { Registry, RegistryFiles } from './registry/registry.ts';
import { shippedRegistryFile } from './registry/shipped.ts';
import type { BackendFactories } from './pipeline/backends.ts';
import { Runtime } from './pipeline/runtime.ts';
import { openServices } from './pipeline/middleware/server-tools/open.ts';
import type { NamedModel } from './pipeline/usable-models.ts';
import { createWires } from './wires/index.ts';

/** How many requests may wait for a model before the next is told to come back later. */
const QUEUE_LIMIT = 64;

/** Longest wait of a start's banner for models that describe themselves. */
const DESCRIBE_TIMEOUT_MS = 5_000;

/** Models that answer, without a server. */
export interface Models {
  readonly runtime: Runtime;
  readonly registry: Registry;
  /** Ollama, if it never answered in time so far. */
  silent(): SilentServer | undefined;
  close(): Promise<void>;
}

/** Opens the registry and the backends behind it. Throws where models.yaml can't be read. */
export async function composeModels(settings: Settings, logger: Logger): Promise<Models> {
  const live = await openLiveRegistry(registryFiles(settings), {
    changed: (registry) => {
      logger.info(`models.yaml was read again: ${registry.models.size} models`);
      for (const problem of registry.problems) logger.warn(problem);
    },
    broken: (message) => logger.error(`${message} The last good registry stays.`),
  });
  for (const problem of live.current.problems) logger.warn(problem);
  const current = () => withDefault(live.current, settings.defaultModel);
  const fileFacts = new FileFactsCache({ folder: settings.paths.dataFolder });
  let silent: SilentServer | undefined;
  const runtime = new Runtime({
    registry: current,
    backends: backendFactories(settings, logger, fileFacts, {
      environment: () => environmentWithoutSecrets(process.env, keyVariables(live.current)),
      onSilent: (server) => (silent = server),
    }),
    discovering: ['ollama'],
    exists: existsSync,
    overflow: settings.overflow,
    sees: (model) =>
      model.backend === 'llama' ? visionSupport(model) === 'available' : model.images,
    services: openServices(settings.webSearch, settings.webFetch, logger.warn.bind(logger), () =>
      environmentWithoutKeys(process.env, keyVariables(live.current)),
    ),
  });
  return {
    runtime,
    registry: current(),
    silent: () => silent,
    async close() {
      live.close();
      await runtime.close();
      await fileFacts.close();
    },
  };
}

/** Models behind a server. */
export interface ServedModels {
  readonly usable: readonly NamedModel[];
  /** Names of those that are known to be unable to chat. */
  readonly mute: ReadonlySet<string>;
  /** Ollama, if it did not answer in time. */
  readonly silent: SilentServer | undefined;
}

/** A server that listens. */
export interface PorticoServer {
  readonly url: string;
  readonly registry: Registry;
  /** Models that can answer now. */
  models(): Promise<ServedModels>;
  /** Lets running requests end (10 s at most), then frees everything. */
  stop(): Promise<void>;
}

/**
 * Starts to serve. Throws `conflict` where the port is taken.
 *
 * @param unleased called when the last lease on the server has ended
 */
export async function composeServer(
  settings: Settings,
  logger: Logger,
  unleased?: () => void,
): Promise<PorticoServer> {
  const key = await loadThinkingKey(settings.paths.dataFolder);
  const models = await composeModels(settings, logger);
  const closing = new AbortController();
  const stopping = new AbortController();
  const app = createApp({
    runtime: models.runtime,
    wires: createWires({ thinkingKey: key }),
    logger,
    closing: closing.signal,
    stopping: stopping.signal,
    apiKeys: settings.apiKeys,
    allowedHosts: settings.allowedHosts,
    corsOrigins: settings.corsOrigins,
    host: settings.host,
    unleased,
  });
  const { url, servers } = await listenOrClose();
  return {
    url,
    registry: models.registry,
    async models() {
      const { runtime } = models;
      const usable = await runtime.models();
      const described = Promise.all(usable.map(({ model }) => runtime.describe(model)));
      await within(described, DESCRIBE_TIMEOUT_MS);
      const capabilities = await runtime.listed(usable);
      const mute = usable.filter((_, index) => capabilities[index]?.chats === false);
      return { usable, mute: new Set(mute.map(({ name }) => name)), silent: models.silent() };
    },
    async stop() {
      closing.abort();
      await stopServers(servers, () => stopping.abort(serverStopped()));
      await models.close();
    },
  };

  async function listenOrClose(): Promise<{ url: string; servers: readonly Server[] }> {
    try {
      return await listen(app, settings.host, settings.port);
    } catch (error) {
      await models.close();
      throw error;
    }
  }
}

function serverStopped(): RuntimeFailure {
  return new RuntimeFailure('overloaded', 'The server is stopping.', { retryAfterSeconds: 5 });
}

/** The files of the registry that settings name. */
function registryFiles(settings: Settings): RegistryFiles {
  return {
    shipped: shippedRegistryFile,
    user: settings.registryFile,
    modelsFolder: settings.paths.modelsFolder,
  };
}

function withDefault(registry: Registry, defaultModel: string | undefined): Registry {
  return defaultModel === undefined ? registry : { ...registry, defaultModel };
}

/** Where engines keep states that no slot has room for. */
function stateCache({ stateCacheMegabytes, paths }: Settings): StateCache | undefined {
  if (stateCacheMegabytes === 0) return undefined;
  return { folder: join(paths.dataFolder, 'states'), limitBytes: stateCacheMegabytes * 2 ** 20 };
}

/** What backends take from the registry, and what they report. */
interface BackendPorts {
  /** Of engines. */
  readonly environment: () => NodeJS.ProcessEnv;
  readonly onSilent: (server: SilentServer) => void;
}

/** Each backend is loaded by the first request for it: a start should cost what is needed. */
function backendFactories(
  settings: Settings,
  logger: Logger,
  fileFacts: FileFactsCache,
  { environment, onSilent }: BackendPorts,
): BackendFactories {
  const log: EngineLog = (message, level = 'warn') => logger[level](message);
  return {
    llama: async () => {
      const { createLocalBackend } = await import('./backends/local/backend.ts');
      return createLocalBackend({
        ...settings,
        keepAlive: settings.keepAliveMilliseconds,
        states: stateCache(settings),
        queueLimit: QUEUE_LIMIT,
        environment,
        fileFacts,
        log,
      });
    },
    ollama: async () => {
      const { createOllamaBackend } = await import('./backends/ollama/backend.ts');
      const { ollamaUrl } = await import('./backends/ollama/address.ts');
      const defaultUrl = ollamaUrl(process.env['OLLAMA_HOST']);
      return createOllamaBackend({ defaultUrl, patience: { onSilent } });
    },
    openai: async () => {
      const { createOpenAiBackend } = await import('./backends/openai/backend.ts');
      const folders = [dirname(settings.registryFile), settings.paths.configFolder];
      const readVariable = createVariableReader(process.env, folders);
      return createOpenAiBackend({ readVariable, log: (message) => logger.warn(message) });
    },
  };
}
