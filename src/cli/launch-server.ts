import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { composeServer } from '../compose.ts';
import { isLoopbackHost, resolveSettings } from '../config/settings.ts';
import { RuntimeFailure } from '../core/errors.ts';
import { findOccupant } from '../launch/server.ts';
import type { Address } from '../launch/server.ts';
import type { CliContext } from './context.ts';
import { addressOf } from './running-server.ts';
import type { ServerFlags } from './running-server.ts';

/** A server that answers, for as long as it is open here. */
export interface OpenServer {
  readonly address: Address;
  /** Whether it has this machine's models. */
  readonly isLocal: boolean;
  /** The log of a server that was started for this; undefined where one was running. */
  readonly logFile: string | undefined;
  /** What a server that was started for this logged last, such as how far a model is loaded. */
  readonly lastLogged: () => string | undefined;
  /** Stops what was started for this. */
  close(): Promise<void>;
}

const logged = z.object({ msg: z.string().optional() });

/** What stands in for a port that the system is to choose. */
const ANY_PORT = 0;

/**
 * The Portico at the configured address, or one that is started there. Throws where something else
 * listens, and where none answers at an address that is not this machine's.
 */
export async function openServer(flags: ServerFlags, context: CliContext): Promise<OpenServer> {
  const { url, key, host, port } = addressOf(flags, context.environment);
  const address = { url, key };
  const isLocal = isLoopbackHost(new URL(url).hostname);
  const isUnknown = flags.url === undefined && port === ANY_PORT;
  const occupant = isUnknown ? NOBODY : await findOccupant(address);
  switch (occupant.kind) {
    case 'portico':
      return {
        address,
        isLocal,
        logFile: undefined,
        lastLogged: () => undefined,
        close: async () => undefined,
      };
    case 'other':
      throw new RuntimeFailure(
        'conflict',
        `what answers at ${url} can't be used (${occupant.reason}); ` +
          'choose another port with --port or PORTICO_PORT, or give its key with --api-key',
      );
    case 'nobody':
      if (flags.url !== undefined || !isLocal) {
        throw new RuntimeFailure(
          'backend-unavailable',
          `no Portico answers at ${url}; start one there with: portico serve`,
        );
      }
      return startServer({ ...flags, host, port: String(port) }, context);
    default:
      return occupant satisfies never;
  }
}

const NOBODY = { kind: 'nobody' } as const;

/** Starts one in this process, for this machine alone; its log goes to a file, as the terminal is the agent's. */
async function startServer(
  { host, port, apiKey }: Required<Pick<ServerFlags, 'host' | 'port'>> & ServerFlags,
  { environment }: CliContext,
): Promise<OpenServer> {
  const settings = resolveSettings(
    {
      host: isLoopbackHost(host) ? host : '127.0.0.1',
      port,
      ...(apiKey !== undefined && { apiKey: [apiKey] }),
    },
    environment,
  );
  const { dataFolder } = settings.paths;
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const logFile = join(dataFolder, `launch-${port}.log`);
  const file = pino.destination({ dest: logFile, append: false, sync: true });
  let last: string | undefined;
  const write = (line: string): void => {
    last = line;
    file.write(line);
  };
  const logger = pino({ level: settings.logLevel, base: null }, { write });
  const server = await composeServer(settings, logger);
  return {
    address: { url: server.url, key: settings.apiKeys[0] },
    isLocal: true,
    logFile,
    lastLogged: () => (last === undefined ? undefined : logged.parse(JSON.parse(last)).msg),
    close: () => server.stop(),
  };
}
