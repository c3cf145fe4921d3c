import { existsSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { BackendContext, BackendDefinition, SilentServer } from './backends/definition.ts';
import { BACKENDS, definitionOf, entriesByKind, keyVariables } from './backends/index.ts';
import { environmentWithoutKeys, environmentWithoutSecrets } from './config/child-environment.ts';
import type { Settings } from './config/settings.ts';
import { loadThinkingKey } from './config/thinking-key.ts';
import { messageOf } from './core/failure.ts';
import { createApp } from './http/app.ts';
import { listen } from './http/listen.ts';
import { RateLimiter } from './http/rate-limits.ts';
import { serverStopping, stopServers } from './http/stop.ts';
import { withTimeout } from './net/timeouts.ts';
import { FileStore } from './store/files.ts';
import { Store } from './store/store.ts';
import { openLiveRegistry } from './registry/live.ts';
import type { Registry, RegistryFiles } from './registry/registry.ts';
import { shippedRegistryFile } from './registry/shipped.ts';
import type { BackendFactories } from './pipeline/backends.ts';
import { preload } from './pipeline/preload.ts';
import { Runtime } from './pipeline/runtime.ts';
import { createServices } from './pipeline/middleware/server-tools/open.ts';
import type { NamedModel } from './pipeline/usable-models.ts';
import { createWires } from './wires/index.ts';

/** Longest wait of a start's banner for models that describe themselves. */
const DESCRIBE_TIMEOUT_MS = 5_000;

/** Registry and backends without a server. */
export interface Models {
  readonly runtime: Runtime;
  readonly files: FileStore;
  readonly registry: Registry;
  /** Ollama, if it never answered in time so far. */
  silent(): SilentServer | undefined;
  close(): Promise<void>;
}

/** Opens the registry and its backends. Throws if models.yaml can't be read. */
export async function composeModels(
  settings: Settings,
  logger: Logger,
  backends: readonly BackendDefinition[] = BACKENDS,
): Promise<Models> {
  const live = await openLiveRegistry(registryFiles(settings, backends), {
    changed: (registry) => {
      logger.info(`models.yaml was read again: ${registry.models.size} models`);
      for (const problem of registry.problems) logger.warn(problem);
    },
    broken: (message) => logger.error(`${message} The last good registry stays.`),
  });
  for (const problem of live.current.problems) logger.warn(problem);
  const current = () => withDefault(live.current, settings.defaultModel);
  const keys = () => keyVariables(live.current, backends);
  let silent: SilentServer | undefined;
  const { store, files } = createStore(settings, logger);
  const runtime = new Runtime({
    registry: current,
    backends: backendFactories(backends, {
      settings,
      log: (message, level = 'warn') => logger[level](message),
      variables: process.env,
      environment: () => environmentWithoutSecrets(process.env, keys()),
      onSilent: (server) => (silent = server),
    }),
    discovering: backends.filter(({ discovers }) => discovers).map(({ kind }) => kind),
    exists: existsSync,
    overflow: settings.overflow,
    files,
    sees: (model) => definitionOf(model, backends)?.takesImages?.(model),
    services: createServices(settings, {
      log: logger.warn.bind(logger),
      programs: () => live.current.mcp,
      environment: () => environmentWithoutKeys(process.env, keys()),
    }),
  });
  return {
    runtime,
    files,
    registry: current(),
    silent: () => silent,
    async close() {
      live.close();
      await runtime.close();
      await store.close();
    },
  };
}

/** Creates the store, which the first request that needs it opens. */
function createStore({ paths, storeBytes, keepFilesMs }: Settings, logger: Logger) {
  const store = new Store({
    folder: join(paths.dataFolder, 'store'),
    mostBytes: storeBytes,
    role: 'server',
    onUpkeepFailure: (error) => logger.warn(`The store was not cleaned: ${messageOf(error)}`),
  });
  const keepMs = keepFilesMs === 'always' ? undefined : keepFilesMs;
  return { store, files: new FileStore(store, { keepMs }) };
}

/** Usable models of a server. */
export interface ServedModels {
  readonly usable: readonly NamedModel[];
  /** Reasons why models of the registry whose files are here can't be used, by name. */
  readonly problems: ReadonlyMap<string, string>;
  /** Names of those that are known to be unable to chat. */
  readonly mute: ReadonlySet<string>;
  /** Ollama, if it did not answer in time. */
  readonly silent: SilentServer | undefined;
}

/** Listening server. */
export interface PorticoServer {
  readonly url: string;
  readonly registry: Registry;
  /** Models that can answer now. */
  models(): Promise<ServedModels>;
  /** Waits at most 10 s for running requests, then frees all resources. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Called when the last lease on the server has ended. */
  readonly unleased?: () => void;
  /** Kinds of backends. Default: all of Portico's. */
  readonly backends?: readonly BackendDefinition[];
}

/**
 * Starts to serve.
 *
 * @throws {conflict} if the port is taken
 */
export async function composeServer(
  settings: Settings,
  logger: Logger,
  { unleased, backends }: ServerOptions = {},
): Promise<PorticoServer> {
  const key = await loadThinkingKey(settings.paths.dataFolder);
  const models = await composeModels(settings, logger, backends);
  const closing = new AbortController();
  const stopping = new AbortController();
  const wires = createWires({ thinkingKey: key, strict: settings.strictApi });
  const app = createApp({
    runtime: models.runtime,
    wires,
    files: models.files,
    logger,
    closing: closing.signal,
    stopping: stopping.signal,
    apiKeys: settings.apiKeys,
    allowedHosts: settings.allowedHosts,
    corsOrigins: settings.corsOrigins,
    limiter: new RateLimiter(settings),
    host: settings.host,
    unleased,
  });
  const { url, servers } = await listenOrClose();
  const preloaded = new Set([...settings.preload, ...preloadedEntries(models.registry)]);
  void preload(models.runtime, preloaded, closing.signal, (message) => logger.warn(message));
  return {
    url,
    registry: models.registry,
    models: () => servedModels(models),
    async stop() {
      closing.abort();
      await stopServers(servers, () => stopping.abort(serverStopping()));
      await models.close();
    },
  };

  async function listenOrClose(): Promise<{ url: string; servers: readonly Server[] }> {
    try {
      return await listen(app, settings.host, settings.port, wires);
    } catch (error) {
      await models.close();
      throw error;
    }
  }
}

/** Models that can answer now, after their descriptions were waited for. */
async function servedModels(models: Models): Promise<ServedModels> {
  const { runtime } = models;
  const found = await runtime.models();
  const described = Promise.all(found.map(({ model }) => runtime.describe(model)));
  await withTimeout(described, DESCRIBE_TIMEOUT_MS);
  const problems = await problemsOf(models);
  const usable = found.filter(({ model }) => !problems.has(model.spec.name));
  const capabilities = await runtime.listed(usable);
  const mute = usable.filter((_, index) => capabilities[index]?.chats === false);
  return {
    usable,
    mute: new Set(mute.map(({ name }) => name)),
    problems,
    silent: models.silent(),
  };
}

/** Problems of the registry's models whose files are here but can't be used, by name. */
async function problemsOf({ runtime, registry }: Models): Promise<ReadonlyMap<string, string>> {
  const local = Array.from(registry.models, ([name, model]) => ({ name, model })).filter(
    ({ model }) => model.spec.file !== undefined,
  );
  const can = await runtime.listed(local);
  return new Map(
    local.flatMap(({ name }, index): (readonly [string, string])[] => {
      const problem = can[index]?.problem;
      return problem === undefined ? [] : [[name, problem]];
    }),
  );
}

/** Names of the models whose entries have `preload: true`. */
function preloadedEntries({ models }: Registry): readonly string[] {
  return [...models].filter(([, model]) => model.preload === true).map(([name]) => name);
}

/** The files of the registry that settings name. */
function registryFiles(settings: Settings, backends: readonly BackendDefinition[]): RegistryFiles {
  return {
    shipped: shippedRegistryFile,
    user: settings.registryFile,
    modelsFolder: settings.paths.modelsFolder,
    entries: entriesByKind(backends),
  };
}

function withDefault(registry: Registry, defaultModel: string | undefined): Registry {
  return defaultModel === undefined ? registry : { ...registry, defaultModel };
}

/** Factories that import each backend on its first request, so that a start loads only what it needs. */
function backendFactories(
  backends: readonly BackendDefinition[],
  context: BackendContext,
): BackendFactories {
  return Object.fromEntries(
    backends.map((backend) => [backend.kind, () => backend.create(context)]),
  );
}
