import type { Requirement } from './requirement.ts';

/**
 * Requirements of the step "Every backend, one registry". An id is `R4.<part>-<word>`.
 */
export const BACKENDS: readonly Requirement[] = [
  // 1. The complete Ollama backend
  {
    id: 'R4.1-tools',
    text: 'Tools are offered to models on Ollama that support them, with complete schemas; calls arrive complete.',
  },
  { id: 'R4.1-history', text: 'Earlier calls and results are in Ollama’s own shape.' },
  {
    id: 'R4.1-choice',
    text: 'No tools are offered where none may be called, and one call is passed on where one is wanted.',
  },
  {
    id: 'R4.1-format',
    text: 'A JSON schema is enforced by format, after thinking too, and the usage is complete.',
  },
  {
    id: 'R4.1-discover',
    text: 'Models on Ollama are listed and answer by name without registration; a name of the registry wins.',
  },
  {
    id: 'R4.1-away',
    text: 'Where no Ollama answers, or it hangs, nothing is slow and nothing is said.',
  },
  {
    id: 'R4.1-images',
    text: 'Pictures reach models on Ollama that can see, those of tool results too, each in its place.',
  },
  { id: 'R4.1-cloud', text: 'Names of Ollama’s cloud are passed through without pulling.' },

  {
    id: 'R4.1-fault',
    text: 'HTML, half lines, endless lines, wrong types, error lines, no done: a clear error to the client, nothing left open.',
  },
  {
    id: 'R4.1-keep-alive',
    text: 'keep_alive of an entry, and --keep-alive, set how long a model stays in memory; Ollama gets the value too.',
  },

  // 2. The OpenAI-compatible backend
  {
    id: 'R4.2-stream',
    text: 'A conversation goes to /chat/completions in its own order, and the answer is streamed as it comes.',
  },
  {
    id: 'R4.2-whole',
    text: 'An answer that is not streamed is requested in one piece, unless it may be long.',
  },
  { id: 'R4.2-url', text: 'The base URL may end in /v1 or not, and may carry a query.' },
  {
    id: 'R4.2-server',
    text: 'The features of a server are detected, or set by models.yaml.',
  },
  {
    id: 'R4.2-capabilities',
    text: 'Context, thinking, tools, pictures and exact counts are reported as the server has them.',
  },
  { id: 'R4.2-thinking', text: 'Thinking is asked for in the server’s way, and streams apart.' },
  {
    id: 'R4.2-calls',
    text: 'Tool calls are put together from their deltas, however a server cuts, orders and names them.',
  },
  {
    id: 'R4.2-choice',
    text: 'A demanded tool, and no more than one call, are asked for in the server’s way.',
  },
  { id: 'R4.2-images', text: 'Pictures reach a model that can see, those of tool results too.' },
  { id: 'R4.2-format', text: 'An answer is held to a JSON schema by response_format.' },
  {
    id: 'R4.2-sampling',
    text: 'Sampling is sent as the server takes it; what is not sent is logged.',
  },
  { id: 'R4.2-stop', text: 'Stop sequences are met in text, reported, and end the upstream.' },
  { id: 'R4.2-usage', text: 'Usage is the server’s own, with what it had cached.' },
  {
    id: 'R4.2-count',
    text: 'Prompts are counted by the server’s tokenizer if it has one, else estimated from its last count.',
  },
  {
    id: 'R4.2-context',
    text: 'What does not fit is refused in the real API’s words with the server’s numbers, or clamped.',
  },
  {
    id: 'R4.2-adjust',
    text: 'A refusal that another way of asking helps against is answered by it, once, and remembered.',
  },
  { id: 'R4.2-schemas', text: 'Schemas are cleaned for servers that refuse keywords.' },
  {
    id: 'R4.2-entry',
    text: 'An entry names the upstream’s model, its key’s variable and further headers.',
  },
  {
    id: 'R4.2-keys',
    text: 'Keys come from the environment or .env; on 429 or 401 the next one is tried.',
  },
  { id: 'R4.2-secret', text: 'A client’s key never goes upstream, and no key is ever reported.' },
  {
    id: 'R4.2-failure',
    text: 'Every status and error of an upstream becomes a failure in our words, with a hint.',
  },
  {
    id: 'R4.2-fault',
    text: 'HTML, half lines, endless lines, wrong types, missing ends: a clear error, no leak, no crash.',
  },
  {
    id: 'R4.2-away',
    text: 'A server that is away results in 529 with retry-after, and answers again without a restart.',
  },
  {
    id: 'R4.2-abort',
    text: 'A cancel reaches the upstream at once, before its headers too, and no wait has a limit.',
  },

  // 3. More than one upstream for a name
  {
    id: 'R4.3-entry',
    text: 'An entry lists several servers, each with what it inherits; what is wrong has its line and column.',
  },
  {
    id: 'R4.3-affinity',
    text: 'A session keeps its server, and its second one, while they answer.',
  },
  { id: 'R4.3-weights', text: 'Sessions, and requests of none, are spread by weight.' },
  {
    id: 'R4.3-failover',
    text: 'Before its first output a request goes to the next server, and is admitted once.',
  },
  {
    id: 'R4.3-begun',
    text: 'A failure after the first output fails the request, and no other server is tried.',
  },
  {
    id: 'R4.3-client-fault',
    text: 'A fault of the request is reported, and no other server is tried.',
  },
  {
    id: 'R4.3-circuit',
    text: 'A server that fails again and again, or limits its clients, is left alone, and tried by one request.',
  },
  {
    id: 'R4.3-health',
    text: 'Only a server that is away is looked at, with growing pauses, until the end.',
  },
  {
    id: 'R4.3-away',
    text: 'Where all servers are away it is 529 with retry-after, and names them.',
  },
  { id: 'R4.3-log', text: 'One line says that a server is away, and one that it is back.' },

  // 4. Injection
  {
    id: 'R4.4-tools',
    text: 'A model without tools reads them in its prompt, and its calls are read from its text.',
  },
  { id: 'R4.4-thinking', text: 'A model without thinking thinks if requested.' },
  { id: 'R4.4-history', text: 'Calls and results of the past reach such a model as text.' },
  {
    id: 'R4.4-enforced',
    text: 'tool_choice any and tool are enforced by one corrective retry before anything has been streamed; the retry names a missing argument.',
  },
  { id: 'R4.4-count', text: 'What is injected is counted.' },

  // 5. Vision
  {
    id: 'R4.5-magic',
    text: 'What a picture is, its first bytes say; the declared type is corrected.',
  },
  { id: 'R4.5-base64', text: 'Pictures in base64 reach models that can see.' },
  {
    id: 'R4.5-untouched',
    text: 'A PNG or JPEG within the limits reaches the model byte by byte.',
  },
  {
    id: 'R4.5-downscale',
    text: 'What is larger than its model looks at is scaled down, turned upright, and one frame.',
  },
  {
    id: 'R4.5-bombs',
    text: 'Bytes and pixels have limits, which are checked before anything is unpacked.',
  },
  { id: 'R4.5-damaged', text: 'What is no whole picture is a 400 that names its block.' },
  { id: 'R4.5-kept', text: 'A picture that is sent again is neither decoded nor fetched again.' },
  { id: 'R4.5-url', text: 'Pictures at http and https URLs are fetched by us.' },
  {
    id: 'R4.5-private',
    text: 'Only public addresses are contacted, whatever a name, a redirect or a second look-up says.',
  },
  { id: 'R4.5-url-limits', text: 'A download has limits of bytes, redirects and time.' },
  { id: 'R4.5-file', text: 'A picture of the files store is a 400 that names its block.' },
  {
    id: 'R4.5-places',
    text: 'Pictures of users, tools and documents reach every backend whose model can see.',
  },
  { id: 'R4.5-many', text: 'A request has a hundred pictures at most.' },
  {
    id: 'R4.5-blind',
    text: 'A model that can’t see is a 400 that names one which can, or how to get one.',
  },
  { id: 'R4.5-lazy', text: 'What decodes pictures is loaded by the first one.' },

  // 6. Registry commands
  {
    id: 'R4.6-pull-sources',
    text: 'pull takes hf:user/model:quant, a URL, a name of models.yaml, and an Ollama name.',
  },
  {
    id: 'R4.6-pull-split',
    text: 'A split GGUF is fetched whole, and its first part is the model’s file.',
  },
  {
    id: 'R4.6-pull-progress',
    text: 'pull shows a bar with bytes, rate and time left on a terminal, and plain lines elsewhere.',
  },
  { id: 'R4.6-pull-resume', text: 'A pull that broke off goes on from there.' },
  {
    id: 'R4.6-pull-verified',
    text: 'What is pulled has the SHA-256 and the size that its source lists.',
  },
  { id: 'R4.6-pull-disk', text: 'Disk space is checked before anything is downloaded.' },
  { id: 'R4.6-pull-atomic', text: 'A model’s file is there whole or not at all.' },
  { id: 'R4.6-pull-cancel', text: 'A cancelled pull is never taken for whole.' },
  { id: 'R4.6-pull-token', text: 'HF_TOKEN is sent to the hub and to no other host.' },
  {
    id: 'R4.6-pull-refused',
    text: 'A failed pull is one line with the reason and a hint.',
  },
  {
    id: 'R4.6-show',
    text: 'show describes a model before it is loaded: architecture, parameters, quantisation, context, template family, capabilities, memory.',
  },
  {
    id: 'R4.6-ps',
    text: 'ps lists what a running server has loaded: device, context, slots busy, idle time.',
  },
  {
    id: 'R4.6-stop',
    text: 'stop frees a model’s memory; one that answers is left alone unless forced.',
  },
  {
    id: 'R4.6-default',
    text: 'default NAME sets the default in the user’s models.yaml, whose comments and order stay.',
  },
  {
    id: 'R4.6-discovered',
    text: 'Models that only Ollama has are known to ls, show, cp and default, and an alias may lead to one.',
  },
  {
    id: 'R4.6-register',
    text: 'What is pulled without an entry gets one in the user’s models.yaml, whose comments and order stay.',
  },
  {
    id: 'R4.6-completion',
    text: 'completion prints scripts for bash, zsh and fish that complete commands, flags and names.',
  },
  { id: 'R4.6-json', text: 'Every command that prints data prints it as JSON with --json.' },
  {
    id: 'R4.6-bad-entry',
    text: 'An unknown backend, a missing file, an alias to nothing or in a circle is one line with file, line, column and a hint; the others keep working.',
  },

  // 7. The contract suite
  {
    id: 'R4.7-calls',
    text: 'Ollama, llama-server and the embedded engine pass the same suite of calls, results, choices and schemas.',
  },
  {
    id: 'R4.7-openai',
    text: 'The OpenAI-compatible backend passes the contract suite against recordings and a real llama-server.',
  },
  {
    id: 'R4.7-images',
    text: 'Ollama and llama-server pass the same suite of pictures, with a model that takes them.',
  },
  {
    id: 'R4.7-forced',
    text: 'A tool that has to be called is called, with every backend.',
  },
  {
    id: 'R4.7-cancel',
    text: 'Every backend stops when it is aborted in prefill and in decode, and answers the next request.',
  },
  {
    id: 'R4.7-errors',
    text: 'Every backend fails as it should before its first token, and if its server or process ends after it.',
  },
  {
    id: 'R4.7-fixtures',
    text: 'Recordings say which server, when and by what command; what is made by hand says so.',
  },

  // 8. The facade bench
  { id: 'R4.8-connections', text: 'Calls one after the other share a connection to their server.' },
  {
    id: 'R4.8-body',
    text: 'A body is read by a reader of our own: compressed or not, in UTF-8, up to 32 MB.',
  },
  { id: 'R4.8-medians', text: 'The bench compares medians of targets that are asked in turn.' },
  {
    id: 'R4.8-bars',
    text: 'The bench shows each figure beside its bar, and whether it is reached.',
  },
];
