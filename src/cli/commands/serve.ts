import type { ServeFlags } from '../../config/settings.ts';
import type { CliContext } from '../context.ts';
import { CONTEXT_HELP, ENGINE_HELP, OVERLAY_HELP, THREADS_HELP } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import { say } from '../ui/report.ts';
import { readVersion } from '../version.ts';

const GPU_LAYERS_HELP = "layers on the GPU: a number, 'max', or 'auto', as many as fit";
const KV_TYPE_HELP = 'type of the context in memory: f16, or smaller: q8_0, q4_0, …';
const MEMORY_HELP =
  'memory that models may take together, such as 24GB; unused ones make room (default: all)';
const PARALLEL_HELP = 'requests that a model answers at once, each with a context of its own';
const STATE_CACHE_HELP =
  'megabytes of files for prompts that no slot has room for; 0 is none (default: 4096)';
const KEEP_ALIVE_HELP =
  "how long an unused model stays in memory: 5m, 1h, 0, or 'always' (default: 5m)";
const WEB_SEARCH_HELP = 'what searches the web for models: a SearXNG, or a command (default: off)';
const WEB_FETCH_HELP = "what reads web pages for models: 'on', or a command (default: off)";
const CORS_HELP = 'origins whose pages may use the server, such as http://localhost:5173';
const ALLOWED_HOST_HELP = "names by which it may be asked, besides this machine's own";

/** `portico serve`: a server until SIGINT or SIGTERM. */
export const declareServe: Declare = (program, context, exit) => {
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
      exit.code = await serve(flags, context);
    });
};

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

/** Returns the exit code when the server has stopped. */
async function serve(flags: ServeFlags, context: CliContext): Promise<number> {
  const { composeServer } = await import('../../compose.ts');
  const { resolveSettings } = await import('../../config/settings.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const { banner } = await import('../ui/banner.ts');
  const { createLogger } = await import('../ui/logger.ts');
  readableFiles(flags.models, context.environment);
  const settings = resolveSettings(flags, context.environment);
  const logger = await createLogger(settings.logLevel, context);
  const server = await composeServer(settings, logger);
  const stop = stopSignal();
  const { url, registry } = server;
  say(`Portico ${readVersion()} serves ${url}\n`, context);
  // Files are read and Ollama may be slow: neither delays a stop.
  let isStopping = false;
  const listed = server.models().then((models) => {
    if (!isStopping) say(banner({ url, settings, registry, models }), context);
    return stop;
  });
  const signal = await Promise.race([stop, listed]);
  isStopping = true;
  logger.info(`${signal} received: no new requests, running ones get 10 s`);
  await server.stop();
  return 0;
}

/** The first SIGINT or SIGTERM; a second SIGINT ends the process at once, as it does everywhere. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
