import { request } from 'undici';
import { z } from 'zod';
import { resolveSettings } from '../config/settings.ts';
import { messageOf, RuntimeFailure } from '../core/errors.ts';
import type { CliContext } from './context.ts';

/** Which server a command asks. */
export interface ServerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly url?: string;
  readonly apiKey?: string;
}

/** A server that hangs should not hang the terminal. */
const PATIENCE_MILLISECONDS = 10_000;

const failure = z.object({ error: z.object({ message: z.string() }) });

/**
 * Asks a running Portico, and gives its JSON. Throws where none answers, with how to start one, and
 * with the server's own words where it refuses.
 */
export async function askServer(
  flags: ServerFlags,
  method: 'GET' | 'POST',
  path: string,
  { environment }: CliContext,
): Promise<unknown> {
  const { url, key } = addressOf(flags, environment);
  const late = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const answer = await request(`${url}${path}`, {
    method,
    headers: key === undefined ? {} : { 'x-api-key': key },
    signal: late,
    // A server that stops waits for its connections, and this one asks once.
    reset: true,
  }).catch((error: unknown) => {
    throw notAnswering(url, late.aborted ? 'it says nothing' : messageOf(error), error);
  });
  const body = await answer.body.json().catch(() => undefined);
  if (answer.statusCode === 200) return body;
  const said = failure.safeParse(body).data?.error.message;
  throw new RuntimeFailure(
    'backend-failed',
    said ??
      `${url}${path} answers ${answer.statusCode}, so it is no Portico of this version; check --url`,
  );
}

function addressOf(flags: ServerFlags, environment: NodeJS.ProcessEnv) {
  const { host, port, apiKeys } = resolveSettings(
    {
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.port !== undefined && { port: flags.port }),
      // Nothing is bound here, so an address of the network opens nothing.
      insecure: true,
    },
    environment,
  );
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  const url = flags.url ?? `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  return { url: url.replace(/\/+$/, ''), key: flags.apiKey ?? apiKeys[0] };
}

function notAnswering(url: string, reason: string, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'backend-unavailable',
    `no Portico answers at ${url} (${reason}); start one with: portico serve, ` +
      'or name another with --host and --port',
    { cause },
  );
}
