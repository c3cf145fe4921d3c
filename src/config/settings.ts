import { resolve } from 'node:path';
import type { KeepAlive } from '../units/keep-alive.ts';
import { MOST_CONTEXT_TOKENS } from '../core/model.ts';
import { FLASH_ATTENTION, KV_TYPES, PROMPT_LOOKUP } from './engine-options.ts';
import type { FlashAttention, GpuLayers, KvType, PromptLookupMode } from './engine-options.ts';
import { listed, readAccess, refuseOpenBind } from './access.ts';
import type { AccessFlags, AccessSettings } from './access.ts';
import { withoutBrackets } from '../net/loopback.ts';
import { resolvePaths } from './paths.ts';
import type { Paths } from './paths.ts';
import { readFetch, readMcpHost, readSearch } from './services.ts';
import type { FetchService, SearchService } from './services.ts';
import {
  given,
  readChoice,
  readGpuLayers,
  readInteger,
  readKeepAlive,
  readSize,
  readSwitch,
  readTextSetting,
} from './sources.ts';
import type { Given } from './sources.ts';

/** All settings, resolved and checked. */
export interface Settings extends AccessSettings {
  /** Address to bind. `127.0.0.1`, the default, means 127.0.0.1 and ::1. */
  readonly host: string;
  /** Port; 0 lets the system choose. */
  readonly port: number;
  /** Overrides the registry's default model. */
  readonly defaultModel: string | undefined;
  /** The user's models.yaml. */
  readonly registryFile: string;
  /** CPU threads of local models; overrides their entries if set. */
  readonly threads: number | undefined;
  readonly gpuLayers: GpuLayers | undefined;
  readonly flashAttention: FlashAttention | undefined;
  readonly kvType: KvType | undefined;
  readonly promptLookup: PromptLookupMode | undefined;
  /** Program of llama-server, or its folder; undefined searches this machine. */
  readonly llamaServer: string | undefined;
  /** Bytes of memory for all local models; undefined means all of the machine's. */
  readonly memoryBytes: number | undefined;
  /** Context in tokens of every model; overrides their entries if set. */
  readonly context: number | undefined;
  /** Concurrent requests per local model; overrides their entries if set. Undefined leaves it to memory. */
  readonly parallel: number | undefined;
  /** Megabytes of files for the prefixes of all models; 0 disables them. Undefined: by the free disk. */
  readonly stateCacheMegabytes: number | undefined;
  /** Bytes of all stored files together. */
  readonly storeBytes: number;
  /** Time after which uploaded files are removed. */
  readonly keepFilesMs: KeepAlive;
  /** Time that a local model stays in memory after its last request, unless its entry sets one. */
  readonly keepAliveMs: KeepAlive;
  /** Names of models that are loaded at the start. */
  readonly preload: readonly string[];
  /** Process of a loaded model: a child process of its own, or the server's. */
  readonly engine: 'isolated' | 'in-process';
  readonly logLevel: LogLevel;
  /** Service for `web_search` calls; undefined reports the tool as unavailable. */
  readonly webSearch: SearchService | undefined;
  /** Service for `web_fetch` calls; undefined reports the tool as unavailable. */
  readonly webFetch: FetchService | undefined;
  /** Hosts of MCP servers that may have private addresses, as `host` or `host:port`. */
  readonly mcpAllow: readonly string[];
  /** Handling of a request whose prompt and `max_tokens` exceed the context: generate what fits, or refuse. */
  readonly overflow: 'clamp' | 'strict';
  /** Refuses requests that Anthropic's API refuses, though this server can answer them. */
  readonly strictApi: boolean;
  readonly paths: Paths;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

type LogLevel = (typeof LOG_LEVELS)[number];

/** Flags of `serve` as the command line parses them; `run` has some of them. */
export interface ServeFlags extends AccessFlags {
  readonly host?: string;
  readonly port?: string;
  readonly model?: string;
  readonly models?: string;
  readonly threads?: string;
  readonly gpuLayers?: string;
  readonly flashAttention?: string;
  readonly kvType?: string;
  readonly promptLookup?: string;
  readonly llamaServer?: string;
  readonly memory?: string;
  readonly context?: string;
  readonly parallel?: string;
  readonly stateCache?: string;
  readonly storeLimit?: string;
  readonly keepFiles?: string;
  readonly preload?: readonly string[];
  readonly keepAlive?: string;
  readonly engine?: string;
  readonly logLevel?: string;
  readonly webSearch?: string;
  readonly webFetch?: string;
  readonly strictApi?: boolean;
  readonly mcpAllow?: readonly string[];
}

/** Next to Ollama's port, which is 11434. */
const DEFAULT_PORT = 11435;

const DEFAULT_STORE_BYTES = 10e9;

/** Five minutes, as with Ollama. */
const DEFAULT_KEEP_ALIVE = 300_000;

/**
 * Resolves settings from flags, environment variables and defaults, in this order of precedence.
 * Throws `invalid-request` for a value that is not allowed, and for a bind that would be open to
 * the network without a key.
 */
export function resolveSettings(flags: ServeFlags, environment: NodeJS.ProcessEnv): Settings {
  const paths = resolvePaths(environment);
  const pick: PickGiven = (name, flag, variable) =>
    given({ name, text: flag }, variable, environment);
  const settings: Settings = {
    host: withoutBrackets(
      readTextSetting(pick('--host', flags.host, 'PORTICO_HOST')) ?? '127.0.0.1',
    ),
    port:
      readInteger(pick('--port', flags.port, 'PORTICO_PORT'), { minimum: 0, maximum: 65_535 }) ??
      DEFAULT_PORT,
    ...readAccess(flags, environment),
    defaultModel: readTextSetting(pick('--model', flags.model, 'PORTICO_MODEL')),
    registryFile:
      flags.models === undefined
        ? paths.registryFile
        : readPath({ name: '--models', text: flags.models }),
    ...readLoading(pick, flags),
    memoryBytes: readSize(pick('--memory', flags.memory, 'PORTICO_MEMORY')),
    context: readInteger(pick('--context', flags.context, 'PORTICO_CONTEXT'), {
      minimum: 1,
      maximum: MOST_CONTEXT_TOKENS,
    }),
    parallel: readInteger(pick('--parallel', flags.parallel, 'PORTICO_PARALLEL'), { minimum: 1 }),
    ...readStorage(pick, flags),
    keepAliveMs:
      readKeepAlive(pick('--keep-alive', flags.keepAlive, 'PORTICO_KEEP_ALIVE')) ??
      DEFAULT_KEEP_ALIVE,
    preload: flags.preload ?? listed(environment['PORTICO_PRELOAD']),
    engine:
      readChoice(pick('--engine', flags.engine, 'PORTICO_ENGINE'), ['isolated', 'in-process']) ??
      'isolated',
    logLevel:
      readChoice(pick('--log-level', flags.logLevel, 'PORTICO_LOG_LEVEL'), LOG_LEVELS) ?? 'info',
    webSearch: readSearch(pick('--web-search', flags.webSearch, 'PORTICO_WEB_SEARCH')),
    webFetch: readFetch(pick('--web-fetch', flags.webFetch, 'PORTICO_WEB_FETCH')),
    ...readAnswering(pick, flags, environment),
    mcpAllow: (flags.mcpAllow ?? listed(environment['PORTICO_MCP_ALLOW'])).map(readMcpHost),
    paths,
  };
  refuseOpenBind(settings.host, settings);
  return settings;
}

/** Picks the text of a setting: from its flag, else from its variable. */
type PickGiven = (name: string, flag: string | undefined, variable: string) => Given | undefined;

/** Reads the settings for loading local models. */
function readLoading(pick: PickGiven, flags: ServeFlags) {
  return {
    threads: readInteger(pick('--threads', flags.threads, 'PORTICO_THREADS'), { minimum: 1 }),
    gpuLayers: readGpuLayers(pick('--gpu-layers', flags.gpuLayers, 'PORTICO_GPU_LAYERS')),
    flashAttention: readChoice(
      pick('--flash-attention', flags.flashAttention, 'PORTICO_FLASH_ATTENTION'),
      FLASH_ATTENTION,
    ),
    kvType: readChoice(pick('--kv-type', flags.kvType, 'PORTICO_KV_TYPE'), KV_TYPES),
    promptLookup: readChoice(
      pick('--prompt-lookup', flags.promptLookup, 'PORTICO_PROMPT_LOOKUP'),
      PROMPT_LOOKUP,
    ),
    llamaServer: readPath(pick('--llama-server', flags.llamaServer, 'PORTICO_LLAMA_SERVER')),
  };
}

/** Reads the settings for requests that could be refused. */
function readAnswering(pick: PickGiven, flags: ServeFlags, environment: NodeJS.ProcessEnv) {
  return {
    overflow:
      readChoice(given(undefined, 'PORTICO_OVERFLOW', environment), ['clamp', 'strict']) ?? 'clamp',
    strictApi:
      flags.strictApi ?? readSwitch(pick('--strict-api', undefined, 'PORTICO_STRICT_API')) ?? false,
  } satisfies Partial<Settings>;
}

/** Reads the settings for what is kept on disk. */
function readStorage(pick: PickGiven, flags: ServeFlags) {
  return {
    stateCacheMegabytes: readInteger(
      pick('--state-cache', flags.stateCache, 'PORTICO_STATE_CACHE_MB'),
      { minimum: 0 },
    ),
    storeBytes:
      readSize(pick('--store-limit', flags.storeLimit, 'PORTICO_STORE_LIMIT')) ??
      DEFAULT_STORE_BYTES,
    keepFilesMs:
      readKeepAlive(pick('--keep-files', flags.keepFiles, 'PORTICO_KEEP_FILES')) ?? 'always',
  };
}

function readPath(path: Given): string;
function readPath(path: Given | undefined): string | undefined;
function readPath(path: Given | undefined): string | undefined {
  const text = readTextSetting(path);
  return text === undefined ? undefined : resolve(text);
}
