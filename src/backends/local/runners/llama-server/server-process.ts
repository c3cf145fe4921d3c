import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { RuntimeFailure } from '../../../../core/failure.ts';

/** Running llama-server whose model is in memory. */
export interface ServerProcess {
  /** Its address, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Resolves at its end, to the reason. */
  readonly ended: Promise<string>;
  /** Ends it at once. */
  kill(): void;
}

export interface ProcessOptions {
  /** Name of the model for messages. */
  readonly model: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Ends a program when the write end of descriptor 3 closes. The system closes it at any end of this process, SIGKILL
 * included. The shell then becomes the program itself, so its process id and exit code are the program's.
 */
const LIFELINE = '{ read -r _ <&3; kill -KILL $$; } >/dev/null 2>&1 & exec "$0" "$@" 3<&-';

/** Last lines of its log that are kept for the reason of its end. */
const KEPT_LINES = 20;
const HEALTH_INTERVAL_MS = 50;
const HEALTH_TIMEOUT_MS = 5000;

/**
 * Starts llama-server, and waits until its model is in memory. It ends with this process.
 *
 * @throws {RuntimeFailure} `model-load-failed` if it ends before
 */
export async function startServer(options: ProcessOptions): Promise<ServerProcess> {
  const child = spawnBound(options);
  const lines: string[] = [];
  const ended = endOf(child, lines);
  const listening = addressIn(child, lines);
  const url = await Promise.race([listening, ended.then(() => undefined)]);
  const isUp = url !== undefined && (await isHealthy(url, ended));
  if (!isUp) throw loadFailure(options, await ended);
  return { url, ended, kill: () => child.kill('SIGKILL') };
}

/** Starts the program so that it ends with this process. */
function spawnBound({ file, args, environment }: ProcessOptions): ChildProcess {
  // Windows ends the children of a process with it: Node puts them into a job object.
  const [command, parameters] =
    process.platform === 'win32' ? [file, args] : ['/bin/sh', ['-c', LIFELINE, file, ...args]];
  const child = spawn(command, parameters, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  // The process is gone if writing fails, and nothing is written.
  child.stdio[3]?.on('error', () => undefined);
  child.once('exit', () => child.stdio[3]?.destroy());
  return child;
}

/** Resolves to the reason of a process's end, and its last error. */
async function endOf(child: ChildProcess, lines: readonly string[]): Promise<string> {
  const how = await new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', ({ message }) => resolve(message));
  });
  // Its last lines may still be in the pipe.
  if (child.stderr?.readableEnded === false) await once(child.stderr, 'close');
  const error = lines.findLast((line) => /\bE\b|error|failed|invalid/i.test(line));
  const said = (error ?? lines.at(-1))?.replace(/^[\d.]+ [A-Z] +\w+ +/, '').trim();
  return said === undefined ? how : `${how}: ${said}`;
}

/** Reads the log of a process. Resolves to the address that it listens at. */
function addressIn(child: ChildProcess, lines: string[]): Promise<string> {
  const { stderr } = child;
  return new Promise((resolve) => {
    if (stderr === null) return;
    createInterface(stderr).on('line', (line) => {
      if (line.trim() !== '') lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    });
  });
}

/** Waits until the model is loaded. Resolves to false if the process ended before. */
async function isHealthy(url: string, ended: Promise<string>): Promise<boolean> {
  for (;;) {
    const response = await fetch(`${url}/health`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    }).catch(() => undefined);
    await response?.body?.cancel().catch(() => undefined);
    if (response?.ok === true) return true;
    const isOver = await Promise.race([ended, delay(HEALTH_INTERVAL_MS, false)]);
    if (isOver !== false) return false;
  }
}

function loadFailure({ model, file }: ProcessOptions, reason: string): RuntimeFailure {
  return new RuntimeFailure(
    'model-load-failed',
    `${model} could not be loaded by ${file} (${reason}). Check its entry in models.yaml, or set ` +
      '`engine: built-in` there.',
  );
}
