import { RuntimeFailure } from './failure.ts';

/** Failure of work whose caller has aborted. Its code says that no upstream is at fault, whatever the reason. */
export function cancelled(cause: unknown): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'The request was cancelled.', { cause });
}

/** Failure of a request whose client has closed its connection. */
export function clientGone(cause?: unknown): RuntimeFailure {
  return new RuntimeFailure('cancelled', 'The client has gone.', { cause });
}

/** Failure of an aborted request: the signal's reason if that is a failure, such as a stopping server's. */
export function abortReason({ reason }: AbortSignal): RuntimeFailure {
  return reason instanceof RuntimeFailure ? reason : cancelled(reason);
}

/**
 * Returns the promise's value, or rejects with the signal's reason if that comes first.
 *
 * @param failureFor failure for the signal's reason; by default `abortReason`
 */
export function raceAbort<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  failureFor: (reason: unknown) => RuntimeFailure = () => abortReason(signal),
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(failureFor(signal.reason));
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
