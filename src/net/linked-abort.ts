/** Abort of work that follows its caller's signal and can also be triggered by itself. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(): void;
  /** Removes the listener from the caller's signal. */
  release(): void;
}

/** Created once: capturing an error's stack takes longer than many requests. */
const ENDED = new DOMException('The work was ended.', 'AbortError');

/** Creates an abort that follows the caller's. AbortSignal.any takes three times as long and leaks. */
export function linkAbort(caller: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(caller.reason);
  if (caller.aborted) follow();
  else caller.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: () => controller.abort(ENDED),
    release: () => caller.removeEventListener('abort', follow),
  };
}
