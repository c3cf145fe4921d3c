import { pino } from 'pino';
import { plainFailure } from '../../core/plain-failure.ts';
import { composeServer } from '../../compose.ts';
import { resolveSettings } from '../../config/settings.ts';
import { limitHeapGrowth } from '../heap-growth.ts';
import { loggerOptions } from '../ui/logger.ts';
import type { TemporaryMessage, TemporaryReply } from './temporary.ts';

let stop = (): void => undefined;
let isLeased = false;

/** Serves in this process until the last lease ends. */
async function serve({ flags, logFile }: Extract<TemporaryMessage, { type: 'start' }>) {
  try {
    limitHeapGrowth();
    const settings = resolveSettings(flags, process.env);
    const file = pino.destination({ dest: logFile, append: false, sync: true });
    // The server goes on without a log if the disk is full.
    file.on('error', () => undefined);
    const logger = pino(loggerOptions(settings.logLevel), file);
    const unused = new Promise<void>((resolve) => (stop = resolve));
    const server = await composeServer(settings, logger, { unleased: () => stop() });
    await reply({ type: 'listening', url: server.url });
    await unused;
    await server.stop();
  } catch (error) {
    await reply({ type: 'failed', failure: plainFailure(error) });
  }
  process.exit();
}

function reply(message: TemporaryReply): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, () => resolve());
  });
}

process.on('message', (message: TemporaryMessage) => {
  if (message.type === 'leased') isLeased = true;
  else void serve(message);
});
// Without a lease, the launch that started this server was killed.
process.on('disconnect', () => {
  if (!isLeased) stop();
});
