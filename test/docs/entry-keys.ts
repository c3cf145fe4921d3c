/** Key of a models.yaml entry, in words. */
export interface EntryKey {
  readonly meaning: string;
  /** Valid value. The backends that accept it are those of the key. */
  readonly example: unknown;
}

/** Keys of a models.yaml entry. A test compares them with the schemas. */
export const ENTRY_KEYS: Readonly<Record<string, EntryKey>> = {
  backend: {
    meaning: 'kind of engine or server: a GGUF file, an Ollama, or a server of OpenAI’s API',
    example: undefined,
  },
  file: {
    meaning: 'GGUF file: absolute, `~/…`, `./…` (relative to models.yaml), or in the models folder',
    example: 'mine.gguf',
  },
  engine: {
    meaning: 'engine of a GGUF file; `llama-server` is a program of its own. Default: `built-in`',
    example: 'llama-server',
  },
  mmproj: { meaning: 'projector of a model with vision, as a path like `file`', example: 'p.gguf' },
  text_engine: {
    meaning:
      'engine for conversations without images, if a model has a projector; with `separate` the model is in memory twice. Default: `shared`',
    example: 'separate',
  },
  pictures_apart: {
    meaning: 'deprecated: `true` is `text_engine: separate`',
    example: true,
  },
  upstream: { meaning: 'name of the model on its server', example: 'llama3.2' },
  url: { meaning: 'base URL of the server', example: 'http://127.0.0.1:8000/v1' },
  providers: {
    meaning: 'several servers that share the requests, instead of `url`',
    example: [{ url: 'http://10.0.0.1:8000/v1' }],
  },
  key: {
    meaning:
      'environment variable that contains the key of the server; `_1`, `_2` … appended name further keys',
    example: 'TEAM_KEY',
  },
  headers: {
    meaning: 'headers of each request to the server; their values are redacted as keys are',
    example: { 'x-team': 'a' },
  },
  server: { meaning: 'kind of server, if it can’t be detected', example: 'vllm' },
  images: { meaning: 'the model has vision, if that can’t be detected', example: true },
  image_longest_edge: {
    meaning: 'pixels along the longer edge; a larger image is scaled down. Default: 1568',
    example: 1024,
  },
  thinking: { meaning: 'control of thinking, if it can’t be detected', example: 'switch' },
  context: { meaning: 'tokens of prompt and answer together', example: 32_768 },
  parallel: {
    meaning: 'concurrent requests, each with its own context',
    example: 2,
  },
  threads: { meaning: 'CPU threads. Default: the idle cores', example: 6 },
  gpu_layers: {
    meaning: 'layers on the GPU; `auto` puts as many there as fit. Default: `auto`',
    example: 'auto',
  },
  flash_attention: {
    meaning: 'flash attention; `auto` chooses by the requests of the model. Default: `auto`',
    example: 'auto',
  },
  kv_type: { meaning: 'type of the KV cache. Default: `f16`', example: 'q8_0' },
  prompt_lookup: {
    meaning: 'drafts tokens from earlier text; `auto` does so if it is faster. Default: `auto`',
    example: 'off',
  },
  speculative: {
    meaning:
      'speculative decoding, by llama-server: with a draft model, the model’s own head (`draft-mtp`), or n-grams',
    example: 'ngram-mod',
  },
  draft: {
    meaning: 'draft model for `speculative`, by llama-server, as a path like `file`',
    example: 'small.gguf',
  },
  cpu_moe: {
    meaning:
      'layers whose experts stay in main memory, by llama-server; `auto` keeps as many there as the GPU can’t take',
    example: 'auto',
  },
  fit: {
    meaning: 'fits unset options to the memory of the GPU, by llama-server',
    example: true,
  },
  rpc: {
    meaning: 'RPC servers of llama.cpp on other machines, by llama-server',
    example: ['10.0.0.2:50052'],
  },
  lora: { meaning: 'LoRA adapters, by llama-server, as paths like `file`', example: ['a.gguf'] },
  keep_alive: {
    meaning:
      'time that it stays in memory unused: `5m`, `1h30m`, `300` (seconds), `0` or `always`. Default: `5m`',
    example: '5m',
  },
  preload: {
    meaning: 'true loads it when the server starts, not by its first request. Default: false',
    example: true,
  },
  template: {
    meaning: 'chat template, as a file or in place, instead of the model’s own',
    example: './chat.jinja',
  },
  sampling: {
    meaning: 'sampling of requests that set none: `temperature`, `top_p`, `top_k`, `min_p`, `seed`',
    example: { temperature: 0 },
  },
  title: { meaning: 'short name for pickers. Default: its own name', example: 'My model' },
  description: { meaning: 'description in words', example: 'for tests' },
  source: {
    meaning: 'address to pull the file from: `hf:…` or `https://…`',
    example: 'hf:a/b:Q8_0',
  },
  size: { meaning: 'size of the file, such as `18.6 GB`', example: '18.6 GB' },
  memory: { meaning: 'memory that it needs if loaded, such as `23 GB`', example: '23 GB' },
};

/** Meanings of keys inside a key. */
export const NESTED_KEYS: Readonly<Record<string, string>> = {
  'providers[].url': 'base URL of the server',
  'providers[].upstream': 'name of the model on this server. Default: the entry’s',
  'providers[].weight': 'share of the sessions, relative to the others’. Default: 1',
  'providers[].key': 'environment variable of its key. Default: the entry’s',
  'providers[].headers': 'headers in addition to the entry’s',
  'providers[].server': 'kind of server. Default: the entry’s',
  'sampling.temperature': 'randomness; 0 always takes the most probable token',
  'sampling.top_p': 'tokens whose probabilities together reach this share',
  'sampling.top_k': 'number of the most probable tokens',
  'sampling.min_p': 'least probability, relative to the most probable token',
  'sampling.seed': 'seed of the random numbers',
};
