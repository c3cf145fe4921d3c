import type { Command } from 'commander';
import { SETTINGS } from './setting-list.ts';
import type { SettingInfo } from './setting-list.ts';
import type { CliContext } from './context.ts';

/** Exit code of an action. */
export interface Exit {
  code: number;
}

/** Exit code of a command that Ctrl-C ended, as shells report it: 128 and the signal's number. */
export const INTERRUPTED = 130;

/**
 * Declares a command. Its action imports heavy modules only when it runs, so that `--help` stays fast.
 *
 * @param passed arguments after `--` on the command line of `launch` or `service`
 */
export type Declare = (
  program: Command,
  context: CliContext,
  exit: Exit,
  passed: readonly string[],
) => void;

/** Help of `--models` for all commands. */
export const OVERLAY_HELP = SETTINGS.models.meaning;

/** Adds the flag of a setting, if it has one. */
export function withSetting(command: Command, setting: SettingInfo): Command {
  const { flag, meaning, fallback, isRepeatable } = setting;
  if (flag === undefined) return command;
  const help = fallback === undefined ? meaning : `${meaning} (default: ${fallback})`;
  return isRepeatable ? command.option(flag, help, collect) : command.option(flag, help);
}

function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value];
}

/** Flags of commands on the registry. */
export interface RegistryFlags {
  readonly models?: string;
  readonly json?: boolean;
}

/** Flags that choose the server of a command. */
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
    .option('--api-key <key>', 'a key that it accepts, if it requires one')
    .option('--api-key-file <file>', 'a file with such a key');
}
