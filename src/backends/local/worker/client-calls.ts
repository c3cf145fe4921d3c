import type { Capabilities, LoadStatus } from '../../../core/backend.ts';
import type { GenerationEvent } from '../../../core/events.ts';
import { revivedFailure } from '../../../core/plain-failure.ts';
import type { EngineReply } from './protocol.ts';
import type { EventChannel } from './event-channel.ts';

/** Answer to a call: events while it runs, or its single result. */
export type Answer =
  | { readonly type: 'event'; readonly event: GenerationEvent }
  | { readonly type: 'capabilities'; readonly capabilities: Capabilities }
  | { readonly type: 'status'; readonly status: LoadStatus | null }
  | { readonly type: 'count'; readonly tokens: number };

/** Running calls of an engine, by their numbers. */
export type Calls = Map<number, EventChannel<Answer>>;

/** Passes a reply of an engine to its call. */
export function deliver(
  calls: Calls,
  reply: Extract<EngineReply, { readonly call: number }>,
): void {
  const channel = calls.get(reply.call);
  if (channel === undefined) return;
  const settle = (...answers: readonly Answer[]) => {
    calls.delete(reply.call);
    channel.push(answers);
    channel.end();
  };
  switch (reply.type) {
    case 'events':
      channel.push(reply.events.map((event) => ({ type: 'event', event })));
      return;
    case 'described':
      settle({ type: 'capabilities', capabilities: reply.capabilities });
      return;
    case 'status':
      settle({ type: 'status', status: reply.status });
      return;
    case 'counted':
      settle({ type: 'count', tokens: reply.tokens });
      return;
    case 'done':
      settle();
      return;
    case 'failed':
      calls.delete(reply.call);
      channel.fail(revivedFailure(reply.failure));
      return;
    default:
      reply satisfies never;
  }
}
