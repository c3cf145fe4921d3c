import type { CliContext } from '../context.ts';
import type { ProgressDisplay } from '../ui/progress.ts';

/** What a pull needs of the command that it is. */
export interface PullJob {
  readonly context: CliContext;
  readonly progress: ProgressDisplay;
  readonly signal: AbortSignal;
  readonly json: boolean;
}
