import { composeServer } from '../../compose.ts';
import { resolveSettings } from '../../config/settings.ts';
import type { ServeFlags } from '../../config/settings.ts';
import { banner } from '../ui/banner.ts';
import type { CliContext } from '../context.ts';
import { createLogger } from '../ui/logger.ts';
import { readableFiles } from '../registry-files.ts';
import { say } from '../ui/report.ts';
import { readVersion } from '../version.ts';

/** `portico serve`: serves until SIGINT or SIGTERM. Gives the exit code. */
export async function serve(flags: ServeFlags, context: CliContext): Promise<number> {
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
