import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isLoopbackHost } from '../../net/loopback.ts';
import { resolveSettings } from '../../config/settings.ts';
import { RuntimeFailure } from '../../core/failure.ts';
import { findOccupant } from '../../launch/client.ts';
import type { Address } from '../../launch/client.ts';
import type { CliContext } from '../context.ts';
import { takeLease } from '../../launch/lease.ts';
import { startTemporary } from './temporary.ts';
import { addressOf } from '../server-address.ts';
import type { ServerFlags } from '../declaration.ts';
import { warn } from '../ui/report.ts';

/** Running server, in use until `close()`. */
export interface OpenServer {
  readonly address: Address;
  /** True if it has this machine's models. */
  readonly isLocal: boolean;
  /** Log of a server that was started here; undefined if one was running. */
  readonly logFile: string | undefined;
  /** Last message in that log, such as the progress of a load. */
  readonly lastLogged: () => string | undefined;
  /** Ends this use. A server that was started for launches stops after the last one. */
  close(): Promise<void>;
}

const logged = z.object({ msg: z.string().optional() });

/** Port that lets the system choose. */
const ANY_PORT = 0;

/**
 * Opens the Portico at the configured address, or starts one there. Throws if another program
 * listens, or if none answers at an address of another machine.
 */
export async function openServer(flags: ServerFlags, context: CliContext): Promise<OpenServer> {
  const { url, key, host, port } = addressOf(flags, context.environment);
  const address = { url, key };
  const isLocal = isLoopbackHost(new URL(url).hostname);
  const isUnknown = flags.url === undefined && port === ANY_PORT;
  const occupant = isUnknown ? UNOCCUPIED : await findOccupant(address);
  switch (occupant.kind) {
    case 'portico': {
      const lease = await takeLease(address);
      if (lease === undefined) return openLater(flags, context);
      return {
        address,
        isLocal,
        logFile: undefined,
        lastLogged: () => undefined,
        close: () => lease.end(() => stopsSlowly(context)),
      };
    }
    case 'other':
      throw new RuntimeFailure(
        'conflict',
        `the server at ${url} can't be used (${occupant.reason}); ` +
          'choose another port with --port or PORTICO_PORT, or pass its key with --api-key',
      );
    case 'none':
      if (flags.url !== undefined || !isLocal) {
        throw new RuntimeFailure(
          'backend-unavailable',
          `no Portico answers at ${url}; start one there with: portico serve`,
        );
      }
      // A file of keys may be a pipe, which can't be read again.
      return startServer(
        flags.apiKeyFile === undefined ? flags.apiKey : key,
        { host, port },
        context,
      );
    default:
      return occupant satisfies never;
  }
}

const UNOCCUPIED = { kind: 'none' } as const;

const RETRY_MS = 100;

/** Tries again after a moment: the server is stopping, because the launch that it was started for ended. */
async function openLater(flags: ServerFlags, context: CliContext): Promise<OpenServer> {
  await wait(RETRY_MS);
  return openServer(flags, context);
}

/**
 * Starts a server for this machine only. It runs until the last launch that uses it ends.
 *
 * @param key key of the server; if undefined, the environment decides
 */
async function startServer(
  key: string | undefined,
  { host, port }: { readonly host: string; readonly port: number },
  context: CliContext,
): Promise<OpenServer> {
  const { environment } = context;
  const flags = {
    host: isLoopbackHost(host) ? host : '127.0.0.1',
    port: String(port),
    ...(key !== undefined && { apiKey: [key] }),
  };
  const { paths, apiKeys } = resolveSettings(flags, environment);
  await mkdir(paths.dataFolder, { recursive: true, mode: 0o700 });
  // The agent uses the terminal, so the server logs to a file.
  const logFile = join(paths.dataFolder, `launch-${port}.log`);
  const server = await startTemporary({ flags, logFile }, environment);
  const address = { url: server.url, key: apiKeys[0] };
  const lease = await takeLease(address);
  server.release();
  return {
    address,
    isLocal: true,
    logFile,
    lastLogged: () => lastLogged(logFile),
    close: async () => lease?.end(() => stopsSlowly(context)),
  };
}

/** Says why the launch has not ended yet. */
function stopsSlowly(context: CliContext): void {
  warn('Portico writes evaluated prompts to files; Ctrl-C ends the wait, not the writing', context);
}

function lastLogged(logFile: string): string | undefined {
  const line = readFileSync(logFile, 'utf8').trim().split('\n').at(-1) ?? '';
  try {
    return logged.parse(JSON.parse(line)).msg;
  } catch {
    // The line is not complete yet.
    return undefined;
  }
}
