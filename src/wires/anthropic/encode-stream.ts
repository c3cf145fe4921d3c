import type { JsonObject } from '../../core/json.ts';
import type { GenerationEvent } from '../../core/events.ts';
import type { EncodeOptions } from './encode-options.ts';
import { createEventEncoder } from './event-encoder.ts';
import type { StreamEvent } from './stream-events.ts';

export type { EncodeOptions } from './encode-options.ts';

/** One server-sent event. */
export interface StreamFrame {
  readonly event: string;
  readonly data: JsonObject;
}

export interface StreamEncoder {
  /** The frames that an event gives: often one, none while another block must be finished first. */
  push(event: GenerationEvent): readonly StreamFrame[];
  /** The frames of a delta that says nothing, for clients that take no ping for a sign of life. */
  life(): readonly StreamFrame[];
}

/** Encodes one answer. It takes any sequence of events: its frames are always a valid stream. */
export function createStreamEncoder(options: EncodeOptions): StreamEncoder {
  const encoder = createEventEncoder(options);
  return {
    push: (event) => encoder.push(event).map(toFrame),
    life: () => encoder.life().map(toFrame),
  };
}

function toFrame(data: StreamEvent): StreamFrame {
  return { event: data.type, data };
}

/** What keeps a client waiting while nothing is generated; allowed anywhere after message_start. */
export const PING: StreamFrame = { event: 'ping', data: { type: 'ping' } };

/** Frames as the text of server-sent events. */
export function toText(frames: readonly StreamFrame[]): string {
  return frames
    .map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
}
