import type { Requirement } from './requirement.ts';

/**
 * Requirements of the step "Portico answers", with the decisions that it names.
 * An id is `R2.<part>-<word>`: part 0 is what a new user gets, T the section on tests.
 */
export const MESSAGES: readonly Requirement[] = [
  // 0. What a new user gets
  {
    id: 'R2.0-loopback',
    text: 'By default the server listens on 127.0.0.1 and ::1, port 11435.',
  },
  {
    id: 'R2.0-banner',
    text: 'On start it prints what it serves, a curl line and the environment lines for an Anthropic client.',
  },
  { id: 'R2.0-curl', text: 'The printed curl line works when it is pasted into a shell.' },
  { id: 'R2.0-embedded', text: 'The first answer comes from the embedded model, within seconds.' },
  {
    id: 'R2.0-ci',
    text: 'The CI script runs the set-up and test commands of the README, then the static checks, and no skip passes.',
  },
  {
    id: 'R2.0-optional',
    text: 'A missing optional tool is one loud line on a user’s machine and a failure in CI.',
  },
  {
    id: 'R2.0-readme',
    text: 'The README shows the two commands, client set-up, verifying and troubleshooting.',
  },

  // 1. Package
  {
    id: 'R2.1-package',
    text: 'The package is portico: ESM, Node >= 20.19, with the agreed top-level folders and a portico binary.',
  },
  { id: 'R2.1-engine', text: 'node-llama-cpp is pinned to exactly 3.22.1.' },
  {
    id: 'R2.1-check',
    text: 'npm run check is format, typed lint, typecheck, knip, publint, import directions, size caps and tests.',
  },
  {
    id: 'R2.1-imports',
    text: 'Imports point one way, siblings do not import each other, no cycle.',
  },
  {
    id: 'R2.1-sizes',
    text: 'A source file has at most 250 lines, a test file 400, a function 50.',
  },

  // 2. Command line
  {
    id: 'R2.2-serve',
    text: 'portico serve takes --host --port --model --models --threads --context --engine --api-key --insecure --log-level.',
  },
  {
    id: 'R2.2-settings',
    text: 'Settings come from flags, environment and defaults, in this order, as one typed object.',
  },
  {
    id: 'R2.2-home',
    text: 'PORTICO_HOME contains models.yaml, models/ and data/; without it the platform’s folders do.',
  },
  {
    id: 'R2.2-run',
    text: 'portico run MODEL PROMPT streams one answer to the terminal without a server.',
  },
  { id: 'R2.2-run-stdin', text: 'portico run reads its prompt from standard input.' },
  {
    id: 'R2.2-run-interrupt',
    text: 'In portico run Ctrl-C stops the answer, and twice leaves.',
  },
  { id: 'R2.2-cp', text: 'portico cp SRC DST makes an alias and says so.' },
  { id: 'R2.2-ls', text: 'portico ls lists the registry; ls --json prints it as JSON.' },
  { id: 'R2.2-rm', text: 'portico rm removes a name, or explains why it cannot.' },
  { id: 'R2.2-version', text: '--version prints the version of the package.' },
  { id: 'R2.2-help', text: '--help lists the commands, and each command its flags.' },
  { id: 'R2.2-lazy', text: '--version and --help load no heavy module.' },
  {
    id: 'R2.2-usage',
    text: 'An unknown command, flag or value is one line on stderr and a non-zero exit code.',
  },
  {
    id: 'R2.2-port-taken',
    text: 'A taken port is one line that says so and how to choose another, exit 1.',
  },
  {
    id: 'R2.2-shutdown',
    text: 'On SIGINT or SIGTERM no new request is taken, running ones get 10 s, then exit 0.',
  },

  // 3. Routes
  { id: 'R2.3-messages', text: 'POST /v1/messages answers with one message.' },
  { id: 'R2.3-stream', text: 'POST /v1/messages with stream: true answers as server-sent events.' },
  { id: 'R2.3-count', text: 'POST /v1/messages/count_tokens answers { input_tokens }.' },
  { id: 'R2.3-models', text: 'GET /v1/models lists models and aliases in the API’s shape.' },
  { id: 'R2.3-paging', text: 'GET /v1/models pages with before_id, after_id and limit.' },
  { id: 'R2.3-model', text: 'GET /v1/models/:id retrieves one; an alias is a valid id.' },
  { id: 'R2.3-health', text: 'GET /health says that the server is up.' },
  { id: 'R2.3-head', text: 'HEAD / and HEAD /api/hello answer 200.' },
  { id: 'R2.3-anthropic', text: 'Every route also answers under /anthropic.' },
  { id: 'R2.3-doubled', text: 'A doubled /v1/v1 works.' },
  { id: 'R2.3-unknown', text: 'An unknown route is a JSON 404 in the API’s envelope.' },
  { id: 'R2.3-method', text: 'A wrong method is a 405 with Allow, in the API’s envelope.' },

  // 4. The conversation model
  { id: 'R2.4-blocks', text: 'Every request block type of the API decodes to a part.' },
  {
    id: 'R2.4-sources',
    text: 'Images and documents decode from base64, url, file, text and content sources.',
  },
  {
    id: 'R2.4-history',
    text: 'History of other servers (server tools, redacted thinking, foreign signatures) breaks no session.',
  },
  {
    id: 'R2.4-as-text',
    text: 'What the model cannot use is rendered as text where that is honest.',
  },
  {
    id: 'R2.4-refused',
    text: 'What would change the answer and cannot be honoured is a 400 that names it.',
  },
  {
    id: 'R2.4-ignored',
    text: 'A field without local meaning is accepted and named in one log line; a misspelt one is refused.',
  },
  {
    id: 'R2.4-capabilities',
    text: 'Capabilities are data: every backend says all of what its model can do.',
  },
  { id: 'R2.4-codes', text: 'Every failure code maps to one status and error type.' },

  // 5. Messages for text and thinking
  { id: 'R2.5-system', text: 'system as a string and as text blocks is rendered alike.' },
  {
    id: 'R2.5-system-in-place',
    text: 'A system message inside the conversation, or leading it, is rendered in its place.',
  },
  { id: 'R2.5-multi-turn', text: 'The model sees the earlier turns.' },
  { id: 'R2.5-merge', text: 'Consecutive turns of one role merge.' },
  { id: 'R2.5-prefill', text: 'A last assistant turn is continued and not echoed.' },
  { id: 'R2.5-empty-assistant', text: 'Empty assistant text is accepted and dropped.' },
  { id: 'R2.5-greedy', text: 'Temperature 0 is greedy and repeatable.' },
  {
    id: 'R2.5-sampling',
    text: 'temperature 0–2, top_p and top_k are honoured under every API version.',
  },
  {
    id: 'R2.5-stop',
    text: 'A met stop sequence is reported in stop_reason and stop_sequence.',
  },
  {
    id: 'R2.5-stop-leak',
    text: 'No part of a stop sequence leaks, however the tokens fall.',
  },
  { id: 'R2.5-max-tokens', text: 'max_tokens ends the answer with stop_reason max_tokens.' },
  {
    id: 'R2.5-max-tokens-zero',
    text: 'max_tokens: 0 warms the cache and answers content: [] with stop_reason max_tokens.',
  },
  {
    id: 'R2.5-thinking',
    text: 'Thinking enabled, adaptive and disabled work in the model’s own way.',
  },
  { id: 'R2.5-thinking-budget', text: 'budget_tokens ends the thinking exactly.' },
  {
    id: 'R2.5-signature',
    text: 'A thinking block streams with signature_delta last, and is accepted back.',
  },
  {
    id: 'R2.5-signature-check',
    text: 'Our key id with a wrong mac is a 400; any other signature is foreign and accepted.',
  },
  {
    id: 'R2.5-signature-key',
    text: 'The signing key is a file with mode 0600 in the data folder, and survives restarts.',
  },
  { id: 'R2.5-omitted', text: 'display: omitted seals the thinking inside the signature.' },
  {
    id: 'R2.5-too-long',
    text: 'A prompt that alone does not fit is a 400 in the real API’s words.',
  },
  {
    id: 'R2.5-clamp',
    text: 'max_tokens is clamped to what is left, ending in model_context_window_exceeded.',
  },
  {
    id: 'R2.5-strict',
    text: 'The strict setting refuses prompt + max_tokens over the context in the real API’s words.',
  },
  {
    id: 'R2.5-admission',
    text: 'Before admission a failure is a status; message_start goes out at once on admission.',
  },
  { id: 'R2.5-injection', text: 'User content never becomes control tokens.' },

  // 6. Usage
  { id: 'R2.6-exact', text: 'Input and output tokens are exact by the model’s tokenizer.' },
  {
    id: 'R2.6-count-equals',
    text: 'count_tokens equals what messages then reports: input + cache_read + cache_creation.',
  },
  {
    id: 'R2.6-cache-read',
    text: 'cache_read_input_tokens is the slot’s real prefix reuse.',
  },
  {
    id: 'R2.6-billing-header',
    text: 'The changing billing header is stripped, so that the prefix stays the same.',
  },
  {
    id: 'R2.6-message-start',
    text: 'message_start has the whole count as input_tokens, message_delta the exact split.',
  },

  // 7. The llama backend
  { id: 'R2.7-isolated', text: 'Each model lives in a child process of its own.' },
  { id: 'R2.7-in-process', text: 'engine: in-process passes the same suite.' },
  {
    id: 'R2.7-batched',
    text: 'Events of one turn of the loop cross the process border as one message.',
  },
  { id: 'R2.7-queue', text: 'A second request queues, is pinged, and is answered.' },
  {
    id: 'R2.7-queue-full',
    text: 'The queue is bounded: beyond it a request is a 529 with retry-after.',
  },
  {
    id: 'R2.7-crash',
    text: 'Killing the child in mid-stream fails that request only, and the next one loads it again.',
  },
  { id: 'R2.7-load-once', text: 'Requests that arrive while a model loads share that one load.' },
  {
    id: 'R2.7-load-failed',
    text: 'A file that cannot be loaded is an error that says what the engine said.',
  },
  {
    id: 'R2.7-threads',
    text: 'Threads default to physical cores minus one on up to four cores, never more than the cores.',
  },
  { id: 'R2.7-contract', text: 'The llama backend passes the contract suite of all backends.' },

  // 8. The Ollama backend
  {
    id: 'R2.8-translate',
    text: 'Requests and chunks translate to and from Ollama’s chat, as pure functions.',
  },
  { id: 'R2.8-contract', text: 'The Ollama backend passes the contract suite of all backends.' },
  {
    id: 'R2.8-context',
    text: 'num_ctx is sent, and truncate and shift are off, so that nothing is dropped silently.',
  },
  { id: 'R2.8-thinking', text: 'Thinking is asked for and streamed through where the model can.' },
  {
    id: 'R2.8-abort',
    text: 'An abort reaches the upstream before its headers too.',
  },
  {
    id: 'R2.8-failure',
    text: 'An upstream that is away, refuses, or ends without done is a failure with a hint.',
  },

  // 9. The embedded model
  { id: 'R2.9-card', text: 'models/mini.gguf has an honest model card.' },
  { id: 'R2.9-default', text: 'The shipped default model is mini.' },
  { id: 'R2.9-skills', text: 'mini counts, copies, greets and names capitals.' },

  // 10. models.yaml
  {
    id: 'R2.10-shape',
    text: 'models.yaml has default, models (backend, file or upstream, context, template, sampling) and aliases.',
  },
  {
    id: 'R2.10-overlay',
    text: 'The user’s models.yaml (home, config folder or --models) overlays the shipped one.',
  },
  {
    id: 'R2.10-known',
    text: 'The shipped one knows the documents’ recommended names with source, size and needed memory.',
  },
  {
    id: 'R2.10-cp-before',
    text: 'cp of a known model that is not there yet works and prints the pull line.',
  },
  {
    id: 'R2.10-not-here',
    text: 'Asking for a known model that is not there names the way to get it.',
  },
  { id: 'R2.10-unknown', text: 'An unknown name is an error that lists the known ones.' },
  { id: 'R2.10-comments', text: 'Comments and order survive cp and rm.' },
  { id: 'R2.10-atomic', text: 'Writes are locked and atomic.' },
  { id: 'R2.10-follow', text: 'A running server follows the file within a second.' },
  {
    id: 'R2.10-broken',
    text: 'A broken file is reported as models.yaml:line:column, and the last good registry stays.',
  },
  {
    id: 'R2.10-claude-names',
    text: 'claude-… that is no alias: the session’s last model, else the default, else mini; logged, and in portico-model.',
  },

  // 11. Guards
  {
    id: 'R2.11-bind',
    text: 'A bind other than loopback needs an API key or --insecure.',
  },
  { id: 'R2.11-key', text: 'With keys set, a request needs one, by x-api-key or Bearer.' },
  { id: 'R2.11-constant-time', text: 'Keys are compared in constant time.' },
  {
    id: 'R2.11-any-key',
    text: 'On loopback without keys set any key string, or none, is accepted.',
  },
  { id: 'R2.11-host', text: 'On loopback a foreign Host header is a 403.' },
  { id: 'R2.11-origin', text: 'On loopback a foreign Origin header is a 403.' },
  { id: 'R2.11-upstream', text: 'A client’s key never goes upstream.' },
  { id: 'R2.11-size', text: 'A body over 32 MB is a 413.' },

  // 12. Errors
  { id: 'R2.12-table', text: 'The API’s mistakes are answered with its status, type and wording.' },
  {
    id: 'R2.12-lenient',
    text: 'Temperature up to 2, no anthropic-version and no key on loopback are fine.',
  },
  {
    id: 'R2.12-request-id',
    text: 'Every response has a request-id, and an error’s body repeats it.',
  },
  { id: 'R2.12-sse-error', text: 'After message_start a failure is an SSE error event.' },
  { id: 'R2.12-no-trace', text: 'A stack trace never reaches a client.' },

  // 13. Disconnect
  { id: 'R2.13-disconnect', text: 'Closing the socket stops generation and frees the slot.' },
  { id: 'R2.13-prefill', text: 'Closing the socket during prefill stops it too.' },

  // 14. Logs
  {
    id: 'R2.14-line',
    text: 'One line a request: id, model, status, tokens in, cached and out, ms to first token, tokens/s.',
  },
  { id: 'R2.14-prompts', text: 'Prompts are never logged at info.' },

  // T. Tests, with the real thing
  { id: 'R2.T-sdk-create', text: 'Both TypeScript SDKs create a message.' },
  { id: 'R2.T-sdk-stream', text: 'Both TypeScript SDKs stream, up to finalMessage.' },
  { id: 'R2.T-sdk-count', text: 'Both TypeScript SDKs count tokens.' },
  { id: 'R2.T-sdk-models', text: 'Both TypeScript SDKs page through the models.' },
  { id: 'R2.T-sdk-errors', text: 'Both TypeScript SDKs raise their own error classes.' },
  { id: 'R2.T-python-old', text: 'Python anthropic 0.24.0 works, as far as it has the calls.' },
  { id: 'R2.T-python-new', text: 'The latest Python anthropic works.' },
  { id: 'R2.T-samples', text: 'Every sample of the documents is answered.' },
  {
    id: 'R2.T-encode-property',
    text: 'Any sequence of generation events encodes to gapless, closed, non-interleaved blocks.',
  },
  {
    id: 'R2.T-parse-property',
    text: 'Any chunking of a model’s text parses to the same events.',
  },
  {
    id: 'R2.T-cited',
    text: 'Each requirement has an id that a test cites; no test cites an unknown one.',
  },
];
