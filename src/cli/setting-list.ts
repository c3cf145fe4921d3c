/** Setting of `serve`, as its help and docs/configuration.md describe it. */
export interface SettingInfo {
  /** Flag in the notation of commander; absent if only the variable sets it. */
  readonly flag?: string;
  /** Environment variable, which the flag overrides. */
  readonly variable?: string;
  readonly fallback?: string;
  readonly meaning: string;
  /** The flag can be given more than once. */
  readonly isRepeatable?: true;
}

/** All settings of `serve`, in the order of its help. */
export const SETTINGS = {
  host: {
    flag: '--host <host>',
    variable: 'PORTICO_HOST',
    fallback: '127.0.0.1 and ::1',
    meaning: 'address to bind',
  },
  port: {
    flag: '--port <port>',
    variable: 'PORTICO_PORT',
    fallback: '11435',
    meaning: 'port to bind; 0 takes a free one',
  },
  model: {
    flag: '--model <name>',
    variable: 'PORTICO_MODEL',
    meaning: 'model for claude-… names that are no alias, instead of the default',
  },
  models: {
    flag: '--models <file>',
    meaning: 'a models.yaml of yours, instead of the one in the configuration folder',
  },
  threads: {
    flag: '--threads <count>',
    variable: 'PORTICO_THREADS',
    fallback: 'the idle cores',
    meaning: 'CPU threads of an engine',
  },
  gpuLayers: {
    flag: '--gpu-layers <count>',
    variable: 'PORTICO_GPU_LAYERS',
    fallback: 'auto',
    meaning: "layers on the GPU: a number, 'max', or 'auto', as many as fit",
  },
  flashAttention: {
    flag: '--flash-attention <mode>',
    variable: 'PORTICO_FLASH_ATTENTION',
    fallback: 'auto',
    meaning: 'auto, on or off',
  },
  kvType: {
    flag: '--kv-type <type>',
    variable: 'PORTICO_KV_TYPE',
    fallback: 'f16',
    meaning: 'type of the context in memory: f16, or smaller: q8_0, q4_0, …',
  },
  promptLookup: {
    flag: '--prompt-lookup <mode>',
    variable: 'PORTICO_PROMPT_LOOKUP',
    fallback: 'auto',
    meaning: 'auto or off: tokens are guessed from earlier text if that is faster',
  },
  memory: {
    flag: '--memory <size>',
    variable: 'PORTICO_MEMORY',
    fallback: 'all',
    meaning: 'memory that models may take together, such as 24GB; unused ones make room',
  },
  context: {
    flag: '--context <tokens>',
    variable: 'PORTICO_CONTEXT',
    fallback: 'as the model was trained, up to 32k',
    meaning: 'context in tokens of every model, over what its entry says',
  },
  parallel: {
    flag: '--parallel <count>',
    variable: 'PORTICO_PARALLEL',
    fallback: 'up to 4, as memory allows',
    meaning: 'requests that a model answers at once, each with a context of its own',
  },
  stateCache: {
    flag: '--state-cache <megabytes>',
    variable: 'PORTICO_STATE_CACHE_MB',
    fallback: '4096',
    meaning: 'megabytes of files for prompts that no slot has room for; 0 is none',
  },
  keepAlive: {
    flag: '--keep-alive <time>',
    variable: 'PORTICO_KEEP_ALIVE',
    fallback: '5m',
    meaning: "how long an unused model stays in memory: 5m, 1h, 0, or 'always'",
  },
  engine: {
    flag: '--engine <kind>',
    variable: 'PORTICO_ENGINE',
    fallback: 'isolated',
    meaning: "'isolated', a child process for each model, or 'in-process'",
  },
  apiKeyFile: {
    flag: '--api-key-file <file>',
    variable: 'PORTICO_API_KEY_FILE',
    meaning: 'file with keys that clients must send, one a line',
  },
  apiKey: {
    flag: '--api-key <key>',
    variable: 'PORTICO_API_KEYS',
    meaning: 'such a key itself; can be given more than once',
    isRepeatable: true,
  },
  cors: {
    flag: '--cors <origin...>',
    variable: 'PORTICO_CORS',
    meaning: 'origins whose pages may use the server, such as http://localhost:5173',
  },
  allowedHost: {
    flag: '--allowed-host <name...>',
    variable: 'PORTICO_ALLOWED_HOSTS',
    meaning: "names that requests may use in `Host`, besides this machine's own",
  },
  webSearch: {
    flag: '--web-search <url|command>',
    variable: 'PORTICO_WEB_SEARCH',
    fallback: 'off',
    meaning: 'what searches the web for models: a SearXNG, or a command',
  },
  webFetch: {
    flag: '--web-fetch <on|command>',
    variable: 'PORTICO_WEB_FETCH',
    fallback: 'off',
    meaning: "what reads web pages for models: 'on', or a command",
  },
  insecure: {
    flag: '--insecure',
    variable: 'PORTICO_INSECURE',
    fallback: 'off',
    meaning: 'admits everyone who reaches the address, without a key',
  },
  logLevel: {
    flag: '--log-level <level>',
    variable: 'PORTICO_LOG_LEVEL',
    fallback: 'info',
    meaning: 'fatal, error, warn, info, debug, trace or silent',
  },
  overflow: {
    variable: 'PORTICO_OVERFLOW',
    fallback: 'clamp',
    meaning: "'clamp' lowers a max_tokens that does not fit; 'strict' refuses it",
  },
} satisfies Readonly<Record<string, SettingInfo>>;
