import { RuntimeFailure } from '../../../core/failure.ts';

/** Returns true for a fault of the upstream, so that another one may answer the same request. */
export function isUpstreamFault(failure: unknown): failure is RuntimeFailure {
  if (!(failure instanceof RuntimeFailure)) return false;
  switch (failure.code) {
    case 'backend-unavailable':
    case 'backend-failed':
    case 'overloaded':
    case 'rate-limited':
    case 'model-not-found':
    case 'billing':
    case 'timeout':
      return true;
    case 'invalid-request':
    case 'unsupported':
    case 'prompt-too-long':
    case 'request-too-large':
    case 'headers-too-large':
    case 'request-timeout':
    case 'authentication':
    case 'permission':
    case 'route-not-found':
    case 'method-not-allowed':
    case 'resource-not-found':
    case 'conflict':
    case 'model-load-failed':
    case 'engine-crashed':
    case 'cancelled':
    case 'internal':
      return false;
    default:
      return failure.code satisfies never;
  }
}

/** Seconds for which an upstream refuses requests; undefined if it did not report a limit. */
export function limitOf(failure: unknown): number | undefined {
  const isLimit = failure instanceof RuntimeFailure && failure.code === 'rate-limited';
  return isLimit ? failure.retryAfterSeconds : undefined;
}
