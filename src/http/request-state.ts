import type { IncomingMessage, ServerResponse } from 'node:http';
import { newRequestId } from '../core/ids.ts';
import type { Wire } from '../wires/wire.ts';

/** Content of a request's log line beyond method, path, status and time. */
export interface RequestSummary {
  model?: string;
  promptTokens?: number;
  cacheReadTokens?: number;
  outputTokens?: number;
  firstTokenMs?: number;
  tokensPerSecond?: number;
  /** Reduced `max_tokens`, if the prompt and the requested `max_tokens` exceed the context. */
  maxTokensClampedTo?: number;
  /** Accepted fields without an effect. */
  ignored?: readonly string[];
  error?: string;
}

interface RequestState {
  readonly id: string;
  /** Arrival by `performance.now()`. */
  readonly arrivedAt: number;
  readonly summary: RequestSummary;
  wire?: Wire;
}

const states = new WeakMap<IncomingMessage, RequestState>();

/** Records a request's arrival, and assigns its id. */
export function markArrival(request: IncomingMessage): void {
  stateOf(request);
}

/** Summary of a request, which is filled while it is answered. */
export function summaryOf(request: IncomingMessage): RequestSummary {
  return stateOf(request).summary;
}

/** Milliseconds since a request's arrival. */
export function elapsed(request: IncomingMessage): number {
  return performance.now() - stateOf(request).arrivedAt;
}

/** Id of a request in the log and in its `request-id` header. */
export function requestIdOf(request: IncomingMessage): string {
  return stateOf(request).id;
}

/** Sets the wire of a request. */
export function setWire(request: IncomingMessage, wire: Wire): void {
  stateOf(request).wire = wire;
}

/** Wire of a request. */
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

/** Signal that aborts with `stopping`, and if the client disconnects before the end of the response. */
export function disconnectSignal(response: ServerResponse, stopping?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  // Not AbortSignal.any: Node 20 leaks signals that depend on a long-lived one.
  const stop = (): void => controller.abort(stopping?.reason);
  if (stopping?.aborted === true) stop();
  stopping?.addEventListener('abort', stop, { once: true });
  response.on('close', () => {
    stopping?.removeEventListener('abort', stop);
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
