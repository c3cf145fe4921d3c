import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { messageOf, RuntimeFailure } from '../core/failure.ts';

/** Program that takes over the terminal. */
export interface AgentProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Signals of a terminal, a supervisor or a closed window. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;

/** Input and output of an agent: those of this process, or streams that are piped. */
export interface AgentStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Runs an agent until it ends, and passes signals on to it. Throws if the agent can't be started.
 *
 * @returns its exit code; 128 plus the signal's number if a signal ended it, as in shells
 */
export async function runAgent(
  { file, args, environment }: AgentProcess,
  streams: AgentStreams,
): Promise<number> {
  const child = spawn(file, args, {
    env: environment,
    stdio: STREAMS.map((name) => (streams[name] === process[name] ? 'inherit' : 'pipe')),
  });
  pipeStreams(child, streams);
  const passOn = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to the agent by itself.
    if (signal === 'SIGINT' && streams.stdin.isTTY === true) return;
    child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    // By then all of its piped output has been read.
    await once(child, 'close');
  } catch (error) {
    throw new RuntimeFailure('internal', `${file} can't be started: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
  return exitCode(child.exitCode, child.signalCode);
}

/** Connects the streams of an agent that are not this process's own. */
function pipeStreams(child: ChildProcess, { stdin, stdout, stderr }: AgentStreams): void {
  // An agent need not read its input.
  child.stdin?.on('error', () => undefined);
  if (child.stdin !== null) stdin.pipe(child.stdin);
  child.stdout?.pipe(stdout, { end: false });
  child.stderr?.pipe(stderr, { end: false });
}

/** Exit code that a shell would report for an ended process. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}
