import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Server in a child process. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Time from the start of the process to the line with its URL. */
  readonly readyMs: number;
  stop(): Promise<void>;
}

/**
 * Starts a node program that prints its URL when it listens. Its log is discarded.
 * Throws if it ends before that.
 */
export async function startServer(
  command: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<ServerProcess> {
  const began = performance.now();
  const child = spawn(process.execPath, [...command], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const { stdout, pid } = child;
  for await (const line of createInterface(stdout)) {
    const url = /https?:\/\/\S+/.exec(line)?.[0];
    if (url === undefined || pid === undefined) continue;
    const readyMs = performance.now() - began;
    stdout.resume();
    return { url, pid, readyMs, stop: () => end(child) };
  }
  throw new Error(`${command.join(' ')} ended without listening.`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Time that node itself takes to start and end, in milliseconds. */
export async function timeBareNode(): Promise<number> {
  const began = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - began;
}
