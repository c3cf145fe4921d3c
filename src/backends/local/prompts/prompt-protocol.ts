import type { PlainFailure } from '../worker/protocol.ts';
import type { PromptWork } from './prompt-work.ts';

/** Kinds of work that a prompt process does. */
export type PromptJob = 'read' | 'configure' | 'write' | 'grammar';

export type PromptInput<Job extends PromptJob> = Parameters<PromptWork[Job]>[0];

export type PromptResult<Job extends PromptJob> = ReturnType<PromptWork[Job]>;

/** A job, and the native addon that renders; without one a library does. */
export interface PromptCommand<Job extends PromptJob> {
  readonly job: Job;
  readonly input: PromptInput<Job>;
  readonly addon: string | undefined;
  /** CPU time that the job may take. */
  readonly cpuMilliseconds: number;
}

/** A command of any kind, told apart by its job. */
export type AnyPromptCommand = { [Job in PromptJob]: PromptCommand<Job> }[PromptJob];

/** The answer to a job. */
export type PromptReply<Job extends PromptJob> = (
  | { readonly result: PromptResult<Job> }
  | { readonly failure: PlainFailure }
) & {
  /** The process has grown so much that a new one is cheaper. */
  readonly isLarge: boolean;
};
