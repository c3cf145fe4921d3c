import type { IncomingMessage, ServerResponse } from 'node:http';
import { newRequestId } from '../core/ids.ts';
import type { Wire } from '../wires/wire.ts';

/** What a request's log line says beyond method, path, status and time. */
export interface RequestSummary {
  model?: string;
  promptTokens?: number;
  cacheReadTokens?: number;
  outputTokens?: number;
  firstTokenMilliseconds?: number;
  tokensPerSecond?: number;
  /** Tokens left for the answer by a prompt that does not fit together with the longest answer asked for. */
  maxTokensClampedTo?: number;
  /** Fields that were accepted and have no meaning here. */
  ignored?: readonly string[];
  error?: string;
}

interface RequestState {
  readonly id: string;
  /** By `performance.now()`. */
  readonly arrivedAt: number;
  readonly summary: RequestSummary;
  wire?: Wire;
}

const states = new WeakMap<IncomingMessage, RequestState>();

/** Notes that a request has come in, and gives it its id. */
export function markArrival(request: IncomingMessage): void {
  stateOf(request);
}

/** The summary of a request, to be filled while it is answered. */
export function summaryOf(request: IncomingMessage): RequestSummary {
  return stateOf(request).summary;
}

/** Milliseconds since a request came in. */
export function elapsed(request: IncomingMessage): number {
  return performance.now() - stateOf(request).arrivedAt;
}

/** The id that a request has in the log and in its `request-id` header. */
export function requestIdOf(request: IncomingMessage): string {
  return stateOf(request).id;
}

/** Notes the wire in which a request is answered. */
export function setWire(request: IncomingMessage, wire: Wire): void {
  stateOf(request).wire = wire;
}

/** The wire in which a request is answered. */
export function wireOf(request: IncomingMessage): Wire {
  const { wire } = stateOf(request);
  if (wire === undefined) throw new Error('No wire was chosen for a request: the server has none.');
  return wire;
}

function stateOf(request: IncomingMessage): RequestState {
  const known = states.get(request);
  if (known !== undefined) return known;
  const state: RequestState = { id: newRequestId(), arrivedAt: performance.now(), summary: {} };
  states.set(request, state);
  return state;
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
