import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { elapsed, markArrival, requestIdOf, summaryOf } from './request-state.ts';

/** Assigns each request an id, and logs one line after its response; never logs a prompt. */
export function createRequestLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    markArrival(request);
    response.setHeader('request-id', requestIdOf(request));
    response.once('close', () => {
      const level = response.statusCode >= 500 ? 'warn' : 'info';
      logger[level](describe(request, response), title(request));
    });
    next();
  };
}

/** Method and path without the query, which may contain a key. */
function title(request: IncomingMessage): string {
  return `${request.method} ${request.url?.split('?', 1)[0]}`;
}

function describe(request: IncomingMessage, response: ServerResponse): object {
  return {
    id: requestIdOf(request),
    status: response.statusCode,
    ms: Math.round(elapsed(request)),
    ...(!response.writableFinished && { aborted: true }),
    ...summaryOf(request),
  };
}
