import type { ServeFlags } from '../../config/settings.ts';
import { OVERLAY_HELP } from './declaration.ts';
import type { Declare } from './declaration.ts';

const THREADS_HELP = 'CPU threads of an engine';
const GPU_LAYERS_HELP = "layers on the GPU: a number, 'max', or 'auto', as many as fit";
const KV_TYPE_HELP = 'type of the context in memory: f16, or smaller: q8_0, q4_0, …';
const MEMORY_HELP =
  'memory that models may take together, such as 24GB; unused ones make room (default: all)';
const CONTEXT_HELP = 'context in tokens of every model, over what its entry says';
const PARALLEL_HELP = 'requests that a model answers at once, each with a context of its own';
const STATE_CACHE_HELP =
  'megabytes of files for prompts that no slot has room for; 0 is none (default: 4096)';
const KEEP_ALIVE_HELP =
  "how long an unused model stays in memory: 5m, 1h, 0, or 'always' (default: 5m)";
const ENGINE_HELP = "'isolated', a child process for each model, or 'in-process'";
const WEB_SEARCH_HELP = 'what searches the web for models: a SearXNG, or a command (default: off)';
const WEB_FETCH_HELP = "what reads web pages for models: 'on', or a command (default: off)";
const CORS_HELP = 'origins whose pages may use the server, such as http://localhost:5173';
const ALLOWED_HOST_HELP = "names by which it may be asked, besides this machine's own";

/** Commands that answer by models: `serve` and `run`. */
export const declareAnswering: Declare = (program, context, exit) => {
  program
    .command('serve')
    .description('serve the Messages API')
    .option('--host <host>', 'address to bind (default: 127.0.0.1 and ::1)')
    .option('--port <port>', 'port to bind; 0 takes a free one (default: 11435)')
    .option('--model <name>', 'model for claude-… names that are no alias, instead of the default')
    .option('--models <file>', OVERLAY_HELP)
    .option('--threads <count>', THREADS_HELP)
    .option('--gpu-layers <count>', GPU_LAYERS_HELP)
    .option('--flash-attention <mode>', 'auto, on or off')
    .option('--kv-type <type>', KV_TYPE_HELP)
    .option('--prompt-lookup <mode>', 'auto or off')
    .option('--memory <size>', MEMORY_HELP)
    .option('--context <tokens>', CONTEXT_HELP)
    .option('--parallel <count>', PARALLEL_HELP)
    .option('--state-cache <megabytes>', STATE_CACHE_HELP)
    .option('--keep-alive <time>', KEEP_ALIVE_HELP)
    .option('--engine <kind>', ENGINE_HELP)
    .option('--api-key-file <file>', 'file with keys that clients must show, one a line')
    .option('--api-key <key>', 'such a key itself; can be given more than once', collect)
    .option('--cors <origin...>', CORS_HELP)
    .option('--allowed-host <name...>', ALLOWED_HOST_HELP)
    .option('--web-search <url|command>', WEB_SEARCH_HELP)
    .option('--web-fetch <on|command>', WEB_FETCH_HELP)
    .option('--insecure', 'let everyone who reaches the address in, without a key')
    .option(
      '--log-level <level>',
      'fatal, error, warn, info, debug, trace or silent (default: info)',
    )
    .action(async (flags: ServeFlags) => {
      const { serve } = await import('../commands/serve.ts');
      exit.code = await serve(flags, context);
    });
  program
    .command('run')
    .description('talk to a model in the terminal, without a server')
    .argument('[model]', 'the model, or an alias of it; the default where none is given')
    .argument('[prompt]', 'what to say; without it standard input is read')
    .option('--models <file>', OVERLAY_HELP)
    .option('--threads <count>', THREADS_HELP)
    .option('--context <tokens>', CONTEXT_HELP)
    .option('--engine <kind>', ENGINE_HELP)
    .action(async (model: string | undefined, prompt: string | undefined, flags: RunFlags) => {
      const { run } = await import('../commands/run.ts');
      exit.code = await run(model, prompt, flags, context);
    });
};

type RunFlags = Pick<ServeFlags, 'models' | 'threads' | 'context' | 'engine'>;

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}
