import { RuntimeFailure } from '../../core/failure.ts';

/** Failure of a command that the user cancelled or declined. */
export function declined(what: 'started' | 'changed'): RuntimeFailure {
  return new RuntimeFailure('cancelled', `Cancelled: nothing was ${what}.`);
}
