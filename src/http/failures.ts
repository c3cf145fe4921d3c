import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { messageOf, RuntimeFailure } from '../core/failure.ts';
import type { FailureCode } from '../core/failure.ts';
import { isRecord } from '../core/json.ts';
import { requestIdOf, summaryOf, wireOf } from './request-state.ts';
import { announceClose } from './unread.ts';

/** Last route: reports that no route matched. */
export const routeNotFound: RequestHandler = (request) => {
  const reason = wireOf(request).notServed?.(request.path);
  const message = `Not found: ${request.method} ${request.path}`;
  throw new RuntimeFailure('route-not-found', reason ?? message);
};

/** Handles a path that exists, but not with this method. */
export function methodNotAllowed(allow: readonly string[]): RequestHandler {
  return (request) => {
    throw new RuntimeFailure(
      'method-not-allowed',
      `${request.method} is not allowed for ${request.path}. Use ${allow.join(' or ')}.`,
      { allow },
    );
  };
}

/** Failures after which the connection is closed, because the rest of an incoming body is not wanted. */
const ENDS_BODY: readonly FailureCode[] = ['request-too-large', 'overloaded'];

/** Sends a route's error as the request's wire encodes it, and logs it. */
export function createFailureHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const failure = asFailure(error);
    recordFailure(failure, request, logger);
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    if (failure instanceof RuntimeFailure && ENDS_BODY.includes(failure.code)) {
      announceClose(request, response);
    }
    const { status, headers, body } = wireOf(request).encodeFailure(failure, requestIdOf(request));
    response.status(status).set(headers).json(body);
  };
}

/** Records the reason of a failed request; unexpected errors are logged with their stack. */
export function recordFailure(
  failure: unknown,
  request: Parameters<typeof summaryOf>[0],
  logger: Logger,
): void {
  summaryOf(request).error = messageOf(failure);
  if (!(failure instanceof RuntimeFailure) || failure.code === 'internal') {
    logger.error({ id: requestIdOf(request), err: failure }, 'A request failed unexpectedly');
  }
}

/** Converts an error of the router, which has a status of its own, for a path that is no valid URL. */
function asFailure(error: unknown): unknown {
  if (error instanceof RuntimeFailure || !isRecord(error)) return error;
  const status = error['status'];
  return typeof status === 'number' && status >= 400 && status < 500
    ? new RuntimeFailure('invalid-request', messageOf(error), { cause: error })
    : error;
}
