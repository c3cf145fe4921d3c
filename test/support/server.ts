import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ENGINE_VARIABLES, PACKAGE } from './engine-variant.ts';
import { writeFileFacts } from './file-facts.ts';
import { OFFLINE_NPM } from './offline-npm.ts';

export const REPOSITORY = path.resolve(import.meta.dirname, '../..');

/** A model is loaded only by the first request, so listening is quick; a busy machine is not. */
const READY_WITHIN_MS = 40_000;

export interface ServerOptions {
  /** Further flags of `portico serve`. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The text of the user's models.yaml. */
  readonly registry?: string;
}

/** Address without a server: tests must not see the models of this machine's user. */
const NO_SERVER = '127.0.0.1:9';

/** A running `portico serve` with a home of its own. */
export interface RunningServer {
  readonly url: string;
  /** Its `PORTICO_HOME`, removed on `stop`. */
  readonly home: string;
  readonly process: ChildProcess;
  stdout(): string;
  stderr(): string;
  /** Sends a signal, once, unless it has ended; returns the exit code, -1 if a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number>;
}

/** Starts `portico serve` on a port that the system picks, and waits until it listens. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
  if (options.registry !== undefined) {
    await writeFile(path.join(home, 'models.yaml'), options.registry);
  }
  await writeFileFacts(home);
  const child = spawnPortico(['serve', '--port', '0', ...(options.args ?? [])], {
    PORTICO_HOME: home,
    ...options.environment,
  });
  const output = collect(child);
  const exited = exitCode(child);
  let isSignalled = false;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number> => {
    if (!isSignalled && child.exitCode === null && child.signalCode === null) child.kill(signal);
    isSignalled = true;
    const code = await exited;
    await rm(home, { recursive: true, force: true });
    return code;
  };
  try {
    const url = await readyUrl(child, output.stdout, exited);
    return { url, home, process: child, ...output, stop };
  } catch (error) {
    await stop();
    throw new Error(`portico serve did not start: ${output.stdout()}${output.stderr()}`, {
      cause: error,
    });
  }
}

/** Text that a server prints when it listens, with its models: it lists them after its address. */
export async function bannerOf(server: RunningServer): Promise<string> {
  const { stdout: pipe } = server.process;
  const late = AbortSignal.timeout(READY_WITHIN_MS);
  while (!server.stdout().includes('ANTHROPIC_AUTH_TOKEN=')) {
    if (pipe === null) throw new Error('it has no standard output');
    await once(pipe, 'data', { signal: late });
  }
  return server.stdout();
}

/** Output and exit code of a portico command. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of portico to its end, with `input` as its standard input. */
export async function runPortico(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): Promise<CommandResult> {
  const child = spawnPortico(args, environment);
  child.stdin?.end(input);
  const output = collect(child);
  const code = await exitCode(child);
  return { code, stdout: output.stdout(), stderr: output.stderr() };
}

/** Environment of a test's commands: that of this process, without Portico's and Anthropic's variables. */
export function commandEnvironment(
  environment: Readonly<Record<string, string>>,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('PORTICO_') && !name.startsWith('ANTHROPIC_'),
  );
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    OLLAMA_HOST: NO_SERVER,
    ...OFFLINE_NPM,
    ...ENGINE_VARIABLES,
    ...environment,
  };
}

function spawnPortico(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return spawn(process.execPath, [path.join(PACKAGE, 'bin/portico.js'), ...args], {
    env: commandEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function collect(child: ChildProcess): Pick<RunningServer, 'stdout' | 'stderr'> {
  const chunks = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (chunks.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (chunks.stderr += text));
  return { stdout: () => chunks.stdout, stderr: () => chunks.stderr };
}

/** `close` rather than `exit`: by then all output has been read. */
async function exitCode(child: ChildProcess): Promise<number> {
  await once(child, 'close');
  return child.exitCode ?? -1;
}

async function readyUrl(
  child: ChildProcess,
  stdout: () => string,
  exited: Promise<number>,
): Promise<string> {
  const late = AbortSignal.timeout(READY_WITHIN_MS);
  const ended = exited.then((code) => {
    throw new Error(`it ended with exit code ${code}`);
  });
  ended.catch(() => undefined);
  for (;;) {
    const url = /(http:\/\/127\.0\.0\.1:\d+)\D/.exec(stdout())?.[1];
    if (url !== undefined) return url;
    const { stdout: pipe } = child;
    if (pipe === null) throw new Error('it has no standard output');
    await Promise.race([once(pipe, 'data', { signal: late }), ended]);
  }
}
