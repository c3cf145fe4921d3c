import { resolveSettings } from '../config/settings.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { Address } from '../launch/client.ts';
import type { ServerFlags } from './declaration.ts';

/** Address of a command's server, and the host and port for a server that the command starts. */
export interface ServerAddress extends Address {
  readonly host: string;
  readonly port: number;
}

/** Returns the address of a command's server. A wildcard address becomes one to connect to. */
export function addressOf(flags: ServerFlags, environment: NodeJS.ProcessEnv): ServerAddress {
  const { host, port, apiKeys } = resolveSettings(
    {
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.port !== undefined && { port: flags.port }),
      ...(flags.apiKey !== undefined && { apiKey: [flags.apiKey] }),
      ...(flags.apiKeyFile !== undefined && { apiKeyFile: flags.apiKeyFile }),
      // This command binds no port, so an address of the network needs no key.
      insecure: true,
    },
    environment,
  );
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return {
    url: connectable(flags.url === undefined ? url : checkUrl(flags.url)),
    key: apiKeys[0],
    host,
    port,
  };
}

function checkUrl(url: string): string {
  if (/^https?:/i.test(url) && URL.canParse(url)) return url;
  throw new RuntimeFailure(
    'invalid-request',
    `--url: '${url}' is not allowed; use an address such as http://127.0.0.1:11435`,
  );
}

/** Replaces a wildcard host, which is only an address to bind, by the one of this machine. */
function connectable(url: string): string {
  return url
    .replace(/(?<!\/)\/+$/, '')
    .replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[(?:::|0:0:0:0:0:0:0:0)\])(?=[:/]|$)/i, '$1127.0.0.1');
}
