import { messageOf, RuntimeFailure } from './failure.ts';
import type { FailureCode, FailureSubject, PromptOverflow } from './failure.ts';

/** RuntimeFailure as JSON, for messages between processes. */
export interface PlainFailure {
  readonly code: FailureCode;
  readonly message: string;
  readonly retryAfterSeconds?: number;
  readonly subject?: FailureSubject;
  readonly overflow?: PromptOverflow;
}

/** Converts any thrown value to plain data. A value that is not a RuntimeFailure becomes `internal`. */
export function plainFailure(error: unknown): PlainFailure {
  if (!(error instanceof RuntimeFailure)) return { code: 'internal', message: messageOf(error) };
  const { code, message, retryAfterSeconds, subject, overflow } = error;
  return {
    code,
    message,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(subject !== undefined && { subject }),
    ...(overflow !== undefined && { overflow }),
  };
}

/** Restores a failure from its plain form. */
export function revivedFailure(plain: PlainFailure): RuntimeFailure {
  return new RuntimeFailure(plain.code, plain.message, plain);
}
