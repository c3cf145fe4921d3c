import type { Command } from 'commander';
import type { CliContext } from './context.ts';

/** Where an action leaves its exit code. */
export interface Exit {
  code: number;
}

/** Exit code of a command that Ctrl-C ended, as shells report it: 128 and the signal's number. */
export const INTERRUPTED = 130;

/**
 * Declares a command. Its action imports what is heavy only when it runs, so that `--help` stays fast.
 *
 * @param passed arguments after `--` on the command line of `launch` or `service`
 */
export type Declare = (
  program: Command,
  context: CliContext,
  exit: Exit,
  passed: readonly string[],
) => void;

/** Help of `--models`, the same for all commands that have it. */
export const OVERLAY_HELP =
  'a models.yaml of yours, instead of the one in the configuration folder';

/** Help of flags that `serve` and `run` share. */
export const THREADS_HELP = 'CPU threads of an engine';
export const CONTEXT_HELP = 'context in tokens of every model, over what its entry says';
export const ENGINE_HELP = "'isolated', a child process for each model, or 'in-process'";

/** Flags of commands on the registry. */
export interface RegistryFlags {
  readonly models?: string;
  readonly json?: boolean;
}

/** Flags that say which server a command asks. */
export interface ServerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly url?: string;
  readonly apiKey?: string;
  readonly apiKeyFile?: string;
}

/** Adds the flags of `ServerFlags` to a command. */
export function withServer(command: Command): Command {
  return command
    .option('--host <host>', 'its address (default: 127.0.0.1)')
    .option('--port <port>', 'its port (default: 11435)')
    .option('--url <url>', 'its address and port as one URL')
    .option('--api-key <key>', 'a key that it takes, where it asks for one')
    .option('--api-key-file <file>', 'a file with such a key');
}
