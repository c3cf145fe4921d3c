import { RuntimeFailure, type FailureCode } from '../../core/failure.ts';
import type { JsonObject } from '../../core/json.ts';
import { withoutSecrets } from '../../core/secrets.ts';
import type { StreamFrame } from './encode-stream.ts';

/** Status and error type of every failure: https://docs.claude.com/en/api/errors */
const WIRE = {
  'invalid-request': [400, 'invalid_request_error'],
  unsupported: [400, 'invalid_request_error'],
  'prompt-too-long': [400, 'invalid_request_error'],
  authentication: [401, 'authentication_error'],
  billing: [402, 'billing_error'],
  permission: [403, 'permission_error'],
  'route-not-found': [404, 'not_found_error'],
  'method-not-allowed': [405, 'invalid_request_error'],
  'model-not-found': [404, 'not_found_error'],
  'resource-not-found': [404, 'not_found_error'],
  conflict: [409, 'conflict_error'],
  'request-too-large': [413, 'request_too_large'],
  'rate-limited': [429, 'rate_limit_error'],
  overloaded: [529, 'overloaded_error'],
  'backend-unavailable': [529, 'overloaded_error'],
  'backend-failed': [500, 'api_error'],
  'model-load-failed': [500, 'api_error'],
  'engine-crashed': [500, 'api_error'],
  timeout: [504, 'timeout_error'],
  // The client is gone and never reads it: nginx's number for that, so that logs tell it apart.
  cancelled: [499, 'api_error'],
  internal: [500, 'api_error'],
} as const satisfies Record<FailureCode, readonly [number, string]>;

/** An error as an HTTP answer: status, the headers that belong to it, and the API's envelope. */
export function encodeFailure(
  error: unknown,
  requestId: string,
): { status: number; headers: Record<string, string>; body: JsonObject } {
  const failure = toFailure(error);
  const [status, type] = WIRE[failure.code];
  const headers: Record<string, string> = {};
  if (failure.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.max(0, Math.ceil(failure.retryAfterSeconds)));
  }
  if (failure.allow !== undefined) headers['allow'] = failure.allow.join(', ');
  const body = {
    type: 'error',
    error: {
      type,
      // A server may quote half a character of the request that it refuses.
      message: withoutSecrets(failure.message).toWellFormed(),
      ...(failure.details !== undefined && { details: failure.details }),
    },
    request_id: requestId,
  };
  return { status, headers, body };
}

/** The same for an answer that has begun: the SSE frame after which the connection closes. */
export function encodeFailureFrame(error: unknown, requestId: string): StreamFrame {
  return { event: 'error', data: encodeFailure(error, requestId).body };
}

/** What is not ours may carry paths and internals in its message: none of it reaches a client. */
function toFailure(error: unknown): RuntimeFailure {
  if (error instanceof RuntimeFailure) return error;
  return new RuntimeFailure(
    'internal',
    'Internal server error: the log of the server has the details.',
  );
}
