/** Setting of `serve`, as its help and docs/configuration.md describe it. */
export interface SettingInfo {
  /** Flag in the notation of commander; absent if only the variable sets it. */
  readonly flag?: string;
  /** Environment variable, which the flag overrides. */
  readonly variable?: string;
  readonly fallback?: string;
  readonly meaning: string;
  /** The flag may be repeated. */
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
    meaning: 'model for claude-… names that are not aliases, instead of the default',
  },
  models: {
    flag: '--models <file>',
    meaning: 'your models.yaml, instead of the one in the configuration folder',
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
    meaning: "layers on the GPU: a number, 'max', or 'auto' for as many as fit",
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
    meaning: 'type of the KV cache: f16, or a smaller one such as q8_0 or q4_0',
  },
  promptLookup: {
    flag: '--prompt-lookup <mode>',
    variable: 'PORTICO_PROMPT_LOOKUP',
    fallback: 'auto',
    meaning: 'auto or off: drafts tokens from earlier text if that is faster',
  },
  llamaServer: {
    flag: '--llama-server <path>',
    variable: 'PORTICO_LLAMA_SERVER',
    fallback: 'the one that is found',
    meaning: 'llama-server for models with `engine: llama-server`',
  },
  memory: {
    flag: '--memory <size>',
    variable: 'PORTICO_MEMORY',
    fallback: 'all',
    meaning: 'memory for all loaded models, such as 24GB; unused ones are unloaded to free it',
  },
  context: {
    flag: '--context <tokens>',
    variable: 'PORTICO_CONTEXT',
    fallback: 'context of training, up to 32k',
    meaning: 'context in tokens of every model, overriding its entry',
  },
  parallel: {
    flag: '--parallel <count>',
    variable: 'PORTICO_PARALLEL',
    fallback: 'up to 4, as memory allows',
    meaning: 'concurrent requests of a model, each with its own context',
  },
  stateCache: {
    flag: '--state-cache <megabytes>',
    variable: 'PORTICO_STATE_CACHE_MB',
    fallback: 'a tenth of the free disk, up to 16384',
    meaning: 'megabytes of files from which prompts are restored; 0 is none',
  },
  storeLimit: {
    flag: '--store-limit <size>',
    variable: 'PORTICO_STORE_LIMIT',
    fallback: '10GB',
    meaning: 'disk for all files that clients upload',
  },
  keepFiles: {
    flag: '--keep-files <time>',
    variable: 'PORTICO_KEEP_FILES',
    fallback: 'always',
    meaning: "how long uploaded files are kept: 30d, 12h, or 'always'",
  },
  keepAlive: {
    flag: '--keep-alive <time>',
    variable: 'PORTICO_KEEP_ALIVE',
    fallback: '5m',
    meaning: "how long an unused model stays in memory: 5m, 1h, 0, or 'always'",
  },
  preload: {
    flag: '--preload <name...>',
    variable: 'PORTICO_PRELOAD',
    meaning: 'models that are loaded at the start, not by their first request',
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
    meaning: 'file with keys that clients must send, one per line',
  },
  apiKey: {
    flag: '--api-key <key>',
    variable: 'PORTICO_API_KEYS',
    meaning: 'such a key; repeat the flag for more than one',
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
    meaning: "host names that requests may use in `Host`, in addition to this machine's own",
  },
  webSearch: {
    flag: '--web-search <url|command>',
    variable: 'PORTICO_WEB_SEARCH',
    fallback: 'off',
    meaning: 'search for the server tool web_search: URL of a SearXNG, or a command',
  },
  webFetch: {
    flag: '--web-fetch <on|command>',
    variable: 'PORTICO_WEB_FETCH',
    fallback: 'off',
    meaning: "reader for the server tool web_fetch: 'on', or a command",
  },
  mcpAllow: {
    flag: '--mcp-allow <host...>',
    variable: 'PORTICO_MCP_ALLOW',
    meaning: 'hosts of MCP servers that may have private addresses, such as localhost:8931',
  },
  insecure: {
    flag: '--insecure',
    variable: 'PORTICO_INSECURE',
    fallback: 'off',
    meaning: 'accept requests without a key from every client that reaches the address',
  },
  limitRequests: {
    flag: '--limit-requests <n>',
    variable: 'PORTICO_LIMIT_REQUESTS',
    fallback: 'no limit',
    meaning: 'most requests of each key in a minute; more are a 429',
  },
  limitInputTokens: {
    flag: '--limit-input-tokens <n>',
    variable: 'PORTICO_LIMIT_INPUT_TOKENS',
    fallback: 'no limit',
    meaning: 'most prompt tokens of each key in a minute',
  },
  limitOutputTokens: {
    flag: '--limit-output-tokens <n>',
    variable: 'PORTICO_LIMIT_OUTPUT_TOKENS',
    fallback: 'no limit',
    meaning: 'most generated tokens of each key in a minute',
  },
  strictApi: {
    flag: '--strict-api',
    variable: 'PORTICO_STRICT_API',
    fallback: 'off',
    meaning:
      'refuse what only the API of Anthropic refuses, such as white space at the end of a prefill',
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
