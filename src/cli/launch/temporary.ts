import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { revivedFailure } from '../../core/plain-failure.ts';
import type { PlainFailure } from '../../core/plain-failure.ts';
import type { ServeFlags } from '../../config/settings.ts';
import { RuntimeFailure } from '../../core/failure.ts';

/** Message to a temporary server. */
export type TemporaryMessage =
  | { readonly type: 'start'; readonly flags: ServeFlags; readonly logFile: string }
  | { readonly type: 'leased' };

/** Answer of a temporary server to `start`. */
export type TemporaryReply =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'failed'; readonly failure: PlainFailure };

/** Server in its own process, which outlives the process that started it. */
export interface TemporaryServer {
  readonly url: string;
  /** Lets the server run as long as it has a lease, without this process. */
  release(): void;
}

/** Starts a server that ends with its last lease. Throws `conflict` if the port is taken. */
export async function startTemporary(
  start: Omit<Extract<TemporaryMessage, { type: 'start' }>, 'type'>,
  environment: NodeJS.ProcessEnv,
): Promise<TemporaryServer> {
  // Detached into its own session: Ctrl-C and the end of the terminal are meant for the agent.
  const child = fork(new URL('temporary-server.js', import.meta.url), {
    env: environment,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  send(child, { type: 'start', ...start });
  const reply = await firstReply(child, start.logFile);
  if (reply.type === 'failed') throw revivedFailure(reply.failure);
  return {
    url: reply.url,
    release() {
      send(child, { type: 'leased' });
      child.disconnect();
      child.unref();
    },
  };
}

function send(child: ChildProcess, message: TemporaryMessage): void {
  child.send(message);
}

async function firstReply(child: ChildProcess, logFile: string): Promise<TemporaryReply> {
  const exited = once(child, 'exit').then((): never => {
    throw new RuntimeFailure('internal', `The server ended before it listened; see ${logFile}.`);
  });
  const replied: unknown[] = await Promise.race([once(child, 'message'), exited]);
  exited.catch(() => undefined);
  return z.custom<TemporaryReply>().parse(replied[0]);
}
