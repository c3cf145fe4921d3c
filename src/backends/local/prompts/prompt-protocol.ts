import type { PlainFailure } from '../../../core/plain-failure.ts';
import type { PromptWork } from './prompt-work.ts';

/** Kinds of jobs of a prompt process. */
export type PromptJob = 'read' | 'configure' | 'write' | 'grammar';

export type PromptInput<Job extends PromptJob> = Parameters<PromptWork[Job]>[0];

export type PromptResult<Job extends PromptJob> = ReturnType<PromptWork[Job]>;

/** Job, and the native addon that renders; if undefined, a JavaScript library renders. */
export interface PromptCommand<Job extends PromptJob> {
  readonly job: Job;
  readonly input: PromptInput<Job>;
  readonly addon: string | undefined;
  /** Limit of the job's CPU time. */
  readonly cpuMs: number;
}

/** Command of any kind, distinguished by its job. */
export type AnyPromptCommand = { [Job in PromptJob]: PromptCommand<Job> }[PromptJob];

/** Result or failure of a job. */
export type PromptReply<Job extends PromptJob> = (
  | { readonly result: PromptResult<Job> }
  | { readonly failure: PlainFailure }
) & {
  /** True if the process has grown so much that a new one is cheaper. */
  readonly isLarge: boolean;
};
