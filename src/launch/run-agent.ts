import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { messageOf, RuntimeFailure } from '../core/failure.ts';

/** Program that takes over the terminal. */
export interface AgentProcess {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
}

/** Signals of a terminal, a supervisor or a closed window. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs an agent with this process's own input and output until it ends, and passes signals on to it.
 * Throws if the agent can't be started.
 *
 * @param isTerminal true if the input is a terminal, which sends Ctrl-C to the agent by itself
 * @returns its exit code; 128 plus the signal's number if a signal ended it, as in shells
 */
export async function runAgent(
  { file, args, environment }: AgentProcess,
  isTerminal: boolean,
): Promise<number> {
  const child = spawn(file, args, { env: environment, stdio: 'inherit' });
  const passOn = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && isTerminal) return;
    child.kill(signal);
  };
  for (const signal of PASSED_ON) process.on(signal, passOn);
  try {
    await once(child, 'exit');
  } catch (error) {
    throw new RuntimeFailure('internal', `${file} can't be started: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    for (const signal of PASSED_ON) process.off(signal, passOn);
  }
  return exitCode(child.exitCode, child.signalCode);
}

/** Exit code that a shell would report for an ended process. */
function exitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}
