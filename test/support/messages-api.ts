import { z } from 'zod';

/** The API's shape of an answer, as strictly as a client may read it. */
const BLOCK = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().min(1) }),
  z.object({
    type: z.literal('tool_use'),
    id: z.string().regex(/^toolu_/),
    name: z.string().min(1),
    input: z.record(z.string(), z.unknown()),
  }),
]);

const COUNT = z.int().nonnegative();

const USAGE = z.looseObject({
  input_tokens: COUNT,
  output_tokens: COUNT,
  cache_read_input_tokens: COUNT,
  cache_creation_input_tokens: COUNT,
});

const MESSAGE = z.looseObject({
  id: z.string().regex(/^msg_/),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(BLOCK),
  stop_reason: z.enum([
    'end_turn',
    'max_tokens',
    'stop_sequence',
    'tool_use',
    'model_context_window_exceeded',
  ]),
  stop_sequence: z.string().nullable(),
  usage: USAGE,
});

const ERROR = z.strictObject({
  type: z.literal('error'),
  error: z.strictObject({
    type: z.string().regex(/_error$|^request_too_large$/),
    message: z.string().min(1),
    details: z.looseObject({ error_code: z.string() }).optional(),
  }),
  request_id: z.string().min(1),
});

export type Message = z.infer<typeof MESSAGE>;
export type ErrorBody = z.infer<typeof ERROR>;

/** Posts JSON as a client without an SDK does. */
export function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A request to mini with all required fields, greedy so that its answer is known. */
export function request(content: string, more: Readonly<Record<string, unknown>> = {}): object {
  return {
    model: 'mini',
    max_tokens: 200,
    temperature: 0,
    messages: [{ role: 'user', content }],
    ...more,
  };
}

/**
 * Output format whose answers are longer than any `max_tokens`. The model has a choice at each character: text without
 * one is not decoded token by token.
 */
export const ENDLESS = {
  type: 'json_schema' as const,
  schema: {
    type: 'object',
    properties: {
      song: { type: 'array', items: { type: 'string', pattern: '^[la ]{256}$' }, minItems: 256 },
    },
    required: ['song'],
    additionalProperties: false,
  },
};

/** Tokens of an answer that fills what the context leaves: a fast machine takes seconds for them. */
export const ENDLESS_TOKENS = 8000;

/** A request whose answer does not end by itself. */
export function endless(more: Readonly<Record<string, unknown>> = {}): object {
  return request('Sing', {
    output_config: { format: ENDLESS },
    max_tokens: ENDLESS_TOKENS,
    ...more,
  });
}

/** The message in a response. Throws if it is something else. */
export async function messageOf(response: Response): Promise<Message> {
  const body: unknown = await response.json();
  return MESSAGE.parse(body, { reportInput: true });
}

/** The error in a response. Throws if it is something else. */
export async function errorOf(response: Response): Promise<ErrorBody> {
  const body: unknown = await response.json();
  return ERROR.parse(body, { reportInput: true });
}

/** The text of a message, of all its blocks. */
export function textOf(message: Pick<Message, 'content'>): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

/** The prompt's tokens in usage, the sum of all three parts. */
export function promptTokensOf({ usage }: Pick<Message, 'usage'>): number {
  return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
}
