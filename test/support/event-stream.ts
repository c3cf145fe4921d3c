import { expect } from 'vitest';
import { z } from 'zod';

/** One frame of server-sent events. */
export interface StreamEvent {
  /** The frame's `event:` line; clients drop frames without one. */
  readonly event: string;
  readonly data: EventData;
}

const DATA = z.looseObject({
  type: z.string(),
  index: z.int().optional(),
  delta: z
    .looseObject({
      type: z.string().optional(),
      text: z.string().optional(),
      thinking: z.string().optional(),
      stop_reason: z.string().nullish(),
    })
    .optional(),
  error: z.object({ type: z.string(), message: z.string() }).optional(),
  request_id: z.string().optional(),
  usage: z.looseObject({ output_tokens: z.int() }).optional(),
});

type EventData = z.infer<typeof DATA>;

/** The events of a response, as they come. Throws on a frame that is none of the API's. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent, undefined> {
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  if (response.body === null) throw new Error('The response has no body.');
  const body: AsyncIterable<Uint8Array> = response.body;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    const frames = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) yield parseFrame(frame);
  }
  expect(text).toBe('');
  return undefined;
}

function parseFrame(frame: string): StreamEvent {
  const [, event = '', json = ''] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
  const data = DATA.parse(JSON.parse(json === '' ? `"no frame of the API: ${frame}"` : json));
  expect(data.type).toBe(event);
  return { event, data };
}

/** All events of a response, to its end. */
export async function allEventsOf(response: Response): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}

/** The text that events stream. */
export function streamedText(events: readonly StreamEvent[]): string {
  return events.map(({ data }) => data.delta?.text ?? '').join('');
}

/** Expects the API's grammar: a start, closed blocks numbered without gaps, a delta, a stop. */
export function expectGrammar(events: readonly StreamEvent[]): void {
  const names = events.map(({ event }) => event).filter((event) => event !== 'ping');
  const blocks = '(content_block_start (content_block_delta )*content_block_stop )*';
  expect(`${names.join(' ')} `).toMatch(
    new RegExp(`^message_start ${blocks}message_delta message_stop $`),
  );
  const indices = (event: string) =>
    events.filter((each) => each.event === event).map(({ data }) => data.index);
  const starts = indices('content_block_start');
  expect(starts).toEqual(starts.map((_, position) => position));
  expect(indices('content_block_stop')).toEqual(starts);
}
