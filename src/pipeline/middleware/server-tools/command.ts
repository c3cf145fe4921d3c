import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { messageOf } from '../../../core/failure.ts';
import type { JsonObject } from '../../../core/json.ts';
import { readLimited } from './read-limited.ts';
import { readFound } from './searxng.ts';
import { ServiceError } from './services.ts';
import type { WebFetch, WebSearch } from './services.ts';

const COMMAND_TIMEOUT_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Program with its arguments, run without a shell. */
export type Command = readonly [string, ...string[]];

/**
 * Creates a search by a command. It reads `{"query", "allowed_domains", "blocked_domains"}` from its standard
 * input and prints `{"results": [{"url", "title", "content", "publishedDate"}]}`, as SearXNG does.
 */
export function createCommandSearch(
  command: Command,
  environment?: () => NodeJS.ProcessEnv,
): WebSearch {
  return async ({ query, allowedDomains, blockedDomains }, signal) => {
    const input = { query, allowed_domains: allowedDomains, blocked_domains: blockedDomains };
    return readFound(await runCommand(command, input, signal, environment), command[0]);
  };
}

const page = z.object({
  text: z.string(),
  url: z.string().nullish(),
  title: z.string().nullish(),
});

/** Creates a fetch by a command. It reads `{"url"}` from its standard input and prints `{"text", "title", "url"}`. */
export function createCommandFetch(
  command: Command,
  environment?: () => NodeJS.ProcessEnv,
): WebFetch {
  return async (url, _mayVisit, signal) => {
    const read = page.safeParse(await runCommand(command, { url }, signal, environment));
    if (!read.success) {
      throw new ServiceError('unavailable', `${command[0]} printed no JSON with a text`);
    }
    const { text, title = null, url: last } = read.data;
    return { url: last ?? url, title, text, retrievedAt: new Date().toISOString() };
  };
}

/**
 * Runs a command and parses its output as JSON. Kills it after the timeout, or if the request is aborted.
 *
 * @throws {ServiceError}
 */
async function runCommand(
  [program, ...args]: Command,
  input: JsonObject,
  signal: AbortSignal,
  environment = () => process.env,
): Promise<unknown> {
  const late = AbortSignal.timeout(COMMAND_TIMEOUT_MS);
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environment(),
    signal: AbortSignal.any([signal, late]),
    killSignal: 'SIGKILL',
  });
  const closed = once(child, 'close');
  // A command may ignore its input, and one that did not start can't read it.
  child.stdin.on('error', () => undefined).end(JSON.stringify(input));
  try {
    const [output] = await Promise.all([readLimited(child.stdout, MAX_BYTES), closed]);
    if (child.exitCode !== 0) throw new Error(`it ended with ${child.exitCode ?? 'a signal'}`);
    return JSON.parse(output);
  } catch (error) {
    child.kill('SIGKILL');
    // Ignore a second failure: the process may fail after its output did.
    closed.catch(() => undefined);
    if (error instanceof ServiceError || signal.aborted) throw error;
    const reason = late.aborted
      ? `it took longer than ${COMMAND_TIMEOUT_MS / 1000} s`
      : messageOf(error);
    throw new ServiceError('unavailable', `${program}: ${reason}`, error);
  }
}
