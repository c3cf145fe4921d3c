import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Where an action leaves its exit code. */
export interface Exit {
  code: number;
}

/**
 * Declares commands; their actions are imported only when they run, so that `--help` stays fast.
 *
 * @param passed what stands behind `--` on the command line of `launch` or `service`
 */
export type Declare = (
  program: Command,
  context: CliContext,
  exit: Exit,
  passed: readonly string[],
) => void;

/** What `--models` means wherever it is. */
export const OVERLAY_HELP =
  'a models.yaml of yours, instead of the one in the configuration folder';

/** What commands on the registry take. */
export interface RegistryFlags {
  readonly models?: string;
  readonly json?: boolean;
}
