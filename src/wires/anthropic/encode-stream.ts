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
  /** Returns the frames for an event. There are none while another block has to finish first. */
  push(event: GenerationEvent): readonly StreamFrame[];
  /** Returns the frames of an empty delta, for clients that time out despite pings. */
  life(): readonly StreamFrame[];
}

/** Creates the encoder of one answer. For any sequence of events, its frames are a valid stream. */
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

/** Frame that keeps the connection alive while nothing is generated. Allowed anywhere after message_start. */
export const PING: StreamFrame = { event: 'ping', data: { type: 'ping' } };

/** Text of frames as server-sent events. */
export function toText(frames: readonly StreamFrame[]): string {
  return frames
    .map(({ event, data }) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    .join('');
}
