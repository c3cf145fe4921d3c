import type { CliContext } from '../context.ts';
import type { ProgressDisplay } from '../ui/progress.ts';

/** Output, progress and abort signal of a pull. */
export interface PullJob {
  readonly context: CliContext;
  readonly progress: ProgressDisplay;
  readonly signal: AbortSignal;
  readonly json: boolean;
}
