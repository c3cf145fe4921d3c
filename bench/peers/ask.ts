import { z } from 'zod';
import { PEER_MODEL } from './peer.ts';

/** Turn of a conversation. */
export interface PeerTurn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** Streamed answer. Times are those of `performance.now()`. */
export interface PeerAnswer {
  readonly text: string;
  readonly askedAt: number;
  /** Time of each delta of text or arguments. */
  readonly deltas: readonly number[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

const count = z.number().nullish();
const usageSchema = z.looseObject({
  input_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  output_tokens: count,
});
const eventSchema = z.looseObject({
  type: z.string(),
  delta: z
    .looseObject({ text: z.string().optional(), partial_json: z.string().optional() })
    .optional(),
  message: z.looseObject({ usage: usageSchema.optional() }).optional(),
  usage: usageSchema.optional(),
  error: z.looseObject({ message: z.string() }).optional(),
});
type PeerEvent = z.infer<typeof eventSchema>;

/** Posts a request to `/v1/messages` of a server, and reads its stream to the end. Throws if the server fails. */
export async function ask(
  url: string,
  body: Readonly<Record<string, unknown>>,
  onDelta: () => void = () => undefined,
  signal?: AbortSignal,
): Promise<PeerAnswer> {
  const askedAt = performance.now();
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: PEER_MODEL, stream: true, temperature: 0, ...body }),
    signal: signal ?? null,
  });
  if (!response.ok || response.body === null) throw new Error(await response.text());
  const deltas: number[] = [];
  let text = '';
  let usage: PeerUsage = {};
  for await (const event of eventsOf(response.body)) {
    if (event.error !== undefined) throw new Error(event.error.message);
    const reported = event.usage ?? event.message?.usage;
    if (reported !== undefined) usage = later(usage, reported);
    const piece = event.delta?.text ?? event.delta?.partial_json ?? '';
    if (piece === '') continue;
    text += piece;
    deltas.push(performance.now());
    onDelta();
  }
  const cachedTokens = usage.cache_read_input_tokens ?? 0;
  const evaluated = (usage.input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0);
  const outputTokens = usage.output_tokens ?? 0;
  return {
    text,
    askedAt,
    deltas,
    promptTokens: evaluated + cachedTokens,
    cachedTokens,
    outputTokens,
  };
}

/** Time until the first delta of an answer, in milliseconds. */
export function firstDeltaMs({ askedAt, deltas: [first = Infinity] }: PeerAnswer): number {
  return first - askedAt;
}

type PeerUsage = z.infer<typeof usageSchema>;

/** Counts of a later event, with those of an earlier one that it lacks. The first event does not know the cache yet. */
function later(earlier: PeerUsage, reported: PeerUsage): PeerUsage {
  const known = Object.entries(reported).filter(([, value]) => typeof value === 'number');
  return { ...earlier, ...Object.fromEntries(known) };
}

async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<PeerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data: {'))
        yield eventSchema.parse(JSON.parse(line.slice('data: '.length)));
    }
  }
}
