import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a request's log line says beyond method, path, status and time. */
export interface RequestSummary {
  model?: string;
  promptTokens?: number;
  cacheReadTokens?: number;
  outputTokens?: number;
  firstTokenMilliseconds?: number;
  tokensPerSecond?: number;
  /** Fields that were accepted and have no meaning here. */
  ignored?: readonly string[];
  error?: string;
}

const summaries = new WeakMap<IncomingMessage, RequestSummary>();

/** The summary of a request, to be filled while it is answered. */
export function summaryOf(request: IncomingMessage): RequestSummary {
  const known = summaries.get(request);
  if (known !== undefined) return known;
  const summary: RequestSummary = {};
  summaries.set(request, summary);
  return summary;
}

const arrivals = new WeakMap<IncomingMessage, number>();

/** Notes that a request has come in. */
export function markArrival(request: IncomingMessage): void {
  arrivals.set(request, performance.now());
}

/** Milliseconds since a request came in. */
export function elapsed(request: IncomingMessage): number {
  return performance.now() - (arrivals.get(request) ?? performance.now());
}

/** The id that a request has in the log and in its `request-id` header. */
export function requestIdOf(request: IncomingMessage): string {
  return typeof request.id === 'string' ? request.id : '';
}

/** A signal that aborts when the client goes away before it was answered, and with `stopping`. */
export function disconnectSignal(response: ServerResponse, stopping?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  // Not AbortSignal.any: Node 20 never forgets what it ties to a signal that lives on.
  const stop = (): void => controller.abort(stopping?.reason);
  if (stopping?.aborted === true) stop();
  stopping?.addEventListener('abort', stop, { once: true });
  response.on('close', () => {
    stopping?.removeEventListener('abort', stop);
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
