import { SETTINGS } from '../setting-list.ts';
import type { ServeFlags } from '../../config/settings.ts';
import type { CliContext } from '../context.ts';
import { withSetting } from '../declaration.ts';
import type { Declare } from '../declaration.ts';
import { limitHeapGrowth } from '../heap-growth.ts';
import { say } from '../ui/report.ts';
import { readVersion } from '../version.ts';

/** Declares `portico serve`, which runs a server until SIGINT or SIGTERM. */
export const declareServe: Declare = (program, context, exit) => {
  const command = program.command('serve').description('serve the Messages API');
  Object.values(SETTINGS).forEach((setting) => withSetting(command, setting));
  command.action(async (flags: ServeFlags) => {
    exit.code = await serve(flags, context);
  });
};

/** Runs a server. Returns the exit code after it has stopped. */
async function serve(flags: ServeFlags, context: CliContext): Promise<number> {
  const { composeServer } = await import('../../compose.ts');
  const { resolveSettings } = await import('../../config/settings.ts');
  const { readableFiles } = await import('../registry-files.ts');
  const { banner } = await import('../ui/banner.ts');
  const { createLogger } = await import('../ui/logger.ts');
  limitHeapGrowth();
  readableFiles(flags.models, context);
  const settings = resolveSettings(flags, context.environment);
  const logger = await createLogger(settings.logLevel, context);
  const server = await composeServer(settings, logger);
  const stop = stopSignal();
  const { url, registry } = server;
  say(`Portico ${readVersion()} serves ${url}\n`, context);
  // Listing the models reads files and asks Ollama, which may be slow. A stop does not wait for it.
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

/** Resolves with the first SIGINT or SIGTERM. A second SIGINT ends the process at once, as usual. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}
