import { RuntimeFailure } from '../../../core/failure.ts';
import type { PromptJob } from './prompt-protocol.ts';
import { templateLimitExceeded } from './template-limits.ts';

/** Describes the loss of a process by a signal or an exit. */
export function endedBy(how: string): string {
  return `was ended from outside (${how}): the system may have been out of memory`;
}

/** Error for a process that was ended, or kept from running, by another cause than its job. */
export class ProcessLost extends Error {
  override readonly name = 'ProcessLost';
}

/** Failure of a job whose process was lost twice. */
export function lost(model: string, how: string): RuntimeFailure {
  return new RuntimeFailure(
    'overloaded',
    `The process that renders prompts of ${model} ${how}. Try again, or stop other models.`,
    { retryAfterSeconds: 1 },
  );
}

/** Failure of a job that exceeded its limits. */
export function limitExceeded(model: string, job: PromptJob, how: string): RuntimeFailure {
  if (job === 'grammar') {
    return new RuntimeFailure('invalid-request', `the compilation of their schemas ${how}.`, {
      subject: 'tools',
    });
  }
  return templateLimitExceeded(model, how);
}

/** Failure of a job of a model that is being stopped. */
export function closed(model: string): RuntimeFailure {
  return new RuntimeFailure('overloaded', `${model} is being stopped.`, { retryAfterSeconds: 1 });
}
