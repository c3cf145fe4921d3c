import { Pool } from 'undici';
import { z } from 'zod';
import type { Timeline } from './timeline.ts';

/** Name of the model in models.yaml. */
export const MODEL = 'words';

/** Turn of a conversation in text. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Request to Portico. */
export interface ChatRequest {
  readonly system?: string;
  readonly tools?: readonly object[];
  readonly messages: readonly Turn[];
  /** Tokens to generate. */
  readonly generate: number;
  /** Session id, as Claude Code sends it. */
  readonly session?: string;
}

/** Streamed answer. Times are in milliseconds from the start of the request. */
export interface StreamedAnswer {
  readonly text: string;
  /** Times at which the tokens arrived. */
  readonly timeline: Timeline;
  readonly endedAt: number;
  readonly promptTokens: number;
  readonly cacheReadTokens: number;
  readonly outputTokens: number;
}

const count = z.number().default(0);

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('content_block_delta'),
    delta: z.looseObject({ text: z.string().default('') }),
  }),
  z.object({
    type: z.literal('message_delta'),
    usage: z.looseObject({
      input_tokens: count,
      cache_read_input_tokens: count,
      cache_creation_input_tokens: count,
      output_tokens: count,
    }),
  }),
  z.object({ type: z.literal('error'), error: z.looseObject({ message: z.string() }) }),
  z.object({
    type: z.enum([
      'message_start',
      'content_block_start',
      'content_block_stop',
      'message_stop',
      'ping',
    ]),
  }),
]);

type StreamEvent = z.infer<typeof eventSchema>;

const loadedSchema = z.object({
  models: z.array(z.looseObject({ slots: z.looseObject({ busy: z.number() }) })),
});

/** Callbacks and signal of a stream. */
export interface Following {
  readonly signal?: AbortSignal;
  readonly onToken?: () => void;
}

/** Client of a server that streams messages. */
export class StreamClient {
  protected readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool(url, { headersTimeout: 0, bodyTimeout: 0 });
  }

  /** Posts JSON and reads the stream. Throws if the server fails or the signal aborts. */
  async stream(
    body: object,
    session: string | undefined,
    { signal, onToken }: Following,
  ): Promise<StreamedAnswer> {
    const began = performance.now();
    const type = { 'content-type': 'application/json' };
    const response = await this.pool.request({
      path: '/v1/messages',
      method: 'POST',
      headers: session === undefined ? type : { ...type, 'x-claude-code-session-id': session },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
    if (response.statusCode !== 200) throw new Error(await response.body.text());
    const timeline: number[] = [];
    let text = '';
    let usage: Extract<StreamEvent, { type: 'message_delta' }>['usage'] | undefined;
    for await (const event of events(response.body)) {
      if (event.type === 'error') throw new Error(event.error.message);
      if (event.type === 'message_delta') usage = event.usage;
      if (event.type !== 'content_block_delta' || event.delta.text === '') continue;
      timeline.push(performance.now() - began);
      text += event.delta.text;
      onToken?.();
    }
    if (usage === undefined) throw new Error('The stream ended without its usage.');
    return {
      text,
      timeline,
      endedAt: performance.now() - began,
      promptTokens:
        usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
      cacheReadTokens: usage.cache_read_input_tokens,
      outputTokens: usage.output_tokens,
    };
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

/** Client of a running Portico. */
export class PorticoClient extends StreamClient {
  ask(question: ChatRequest, following: Following = {}): Promise<StreamedAnswer> {
    return this.stream(bodyOf(question), question.session, following);
  }

  /** Number of busy slots of the model. */
  async busySlots(): Promise<number> {
    const { body } = await this.pool.request({ path: '/portico/models', method: 'GET' });
    const { models } = loadedSchema.parse(await body.json());
    return models.reduce((sum, { slots }) => sum + slots.busy, 0);
  }
}

function bodyOf({ system, tools, messages, generate }: ChatRequest): object {
  return {
    model: MODEL,
    max_tokens: generate,
    stream: true,
    // The usage reports cached tokens only if the request has a breakpoint.
    cache_control: { type: 'ephemeral' },
    ...(system !== undefined && { system }),
    ...(tools !== undefined && { tools }),
    messages,
  };
}

/** Reads the events of a stream as they arrive. */
async function* events(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const frames = rest.split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data !== undefined) yield eventSchema.parse(JSON.parse(data.slice('data: '.length)));
    }
  }
}
