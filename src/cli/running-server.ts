import { request } from 'undici';
import { z } from 'zod';
import { resolveSettings } from '../config/settings.ts';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import { readJsonAnswer } from '../net/read-text.ts';
import type { CliContext } from './context.ts';

/** Which server a command asks. */
export interface ServerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly url?: string;
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
}

/** A server that hangs should not hang the terminal. */
const PATIENCE_MILLISECONDS = 10_000;

const failure = z.object({ error: z.object({ message: z.string() }) });

/** What a running server is asked, and the shape of its answer. */
interface Question<Answer> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly answer: z.ZodType<Answer>;
}

/**
 * Asks a running Portico. Throws where none answers, with how to start one, and with the server's own
 * words where it refuses.
 */
export async function askServer<Answer>(
  flags: ServerFlags,
  { method, path, answer }: Question<Answer>,
  { environment }: CliContext,
): Promise<Answer> {
  const { url, key } = addressOf(flags, environment);
  const late = AbortSignal.timeout(PATIENCE_MILLISECONDS);
  const reply = await request(`${url}${path}`, {
    method,
    headers: key === undefined ? {} : { 'x-api-key': key },
    signal: late,
    // A server that stops waits for its connections, and this one asks once.
    reset: true,
  }).catch((error: unknown) => {
    throw notAnswering(url, late.aborted ? 'it says nothing' : messageOf(error), error);
  });
  const body = await readJsonAnswer(reply.body);
  const { data } = answer.safeParse(body);
  if (reply.statusCode === 200 && data !== undefined) return data;
  const said = failure.safeParse(body).data?.error.message;
  throw new RuntimeFailure(
    'backend-failed',
    said ?? `what answers at ${url} is no Portico, or an older one; check --port and --url`,
  );
}

/** Where the server of a command is, and a key for it; a wildcard address becomes one to connect to. */
export function addressOf(flags: ServerFlags, environment: NodeJS.ProcessEnv) {
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
    .replace(/\/+$/, '')
    .replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[(?:::|0:0:0:0:0:0:0:0)\])(?=[:/]|$)/i, '$1127.0.0.1');
}

function notAnswering(url: string, reason: string, cause: unknown): RuntimeFailure {
  return new RuntimeFailure(
    'backend-unavailable',
    `no Portico answers at ${url} (${reason}); start one with: portico serve, ` +
      'or name another with --host and --port',
    { cause },
  );
}
