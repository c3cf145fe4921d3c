import { resolveSettings } from '../config/settings.ts';
import { RuntimeFailure } from '../core/failure.ts';
import type { Address } from '../launch/client.ts';
import type { ServerFlags } from './declaration.ts';

/** Address of a command's server, with the host and port that a server of its own would bind. */
export interface ServerAddress extends Address {
  readonly host: string;
  readonly port: number;
}

/** Address of the server that a command asks; a wildcard address becomes one to connect to. */
export function addressOf(flags: ServerFlags, environment: NodeJS.ProcessEnv): ServerAddress {
  const { host, port, apiKeys } = resolveSettings(
    {
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.port !== undefined && { port: flags.port }),
      ...(flags.apiKey !== undefined && { apiKey: [flags.apiKey] }),
      ...(flags.apiKeyFile !== undefined && { apiKeyFile: flags.apiKeyFile }),
      // Nothing is bound here, so an address of the network opens nothing.
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
    `--url: '${url}' is not allowed; give an address such as http://127.0.0.1:11435`,
  );
}

/** A wildcard is an address to bind: what connects to it reaches this machine at best. */
function connectable(url: string): string {
  return url
    .replace(/(?<!\/)\/+$/, '')
    .replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[(?:::|0:0:0:0:0:0:0:0)\])(?=[:/]|$)/i, '$1127.0.0.1');
}
