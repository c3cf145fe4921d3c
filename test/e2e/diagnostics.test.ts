import Anthropic from 'anthropic-sdk-1';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../support/shared-server.ts';

type Params = Anthropic.MessageCreateParamsNonStreaming;

let client: Anthropic;
beforeAll(async () => {
  const { url } = await sharedServer();
  client = new Anthropic({ baseURL: url, apiKey: 'any key', maxRetries: 0 });
});

const look = (description: string): Anthropic.Tool => ({
  name: 'look',
  description,
  input_schema: { type: 'object' },
});
const said = (...texts: readonly string[]): Params['messages'] =>
  texts.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }));

const RULES = 'Answer shortly. '.repeat(40);
const FIRST: Params = {
  model: 'mini',
  max_tokens: 4,
  system: `Diagnosed. ${RULES}`,
  tools: [look('Looks.')],
  messages: said(`Hello. ${RULES}`),
};
const NEXT = said(`Hello. ${RULES}`, 'Hi.', 'And now?');

describe('diagnostics of the prompt cache', () => {
  it('are null for the first message, and where its prompt is reused', async () => {
    const first = await client.messages.create({
      ...FIRST,
      diagnostics: { previous_message_id: null },
    });
    const diagnostics = { previous_message_id: first.id };
    const next = await client.messages.create({ ...FIRST, messages: NEXT, diagnostics });
    expect([first.diagnostics, next.diagnostics]).toEqual([null, null]);
  });

  it.each<readonly [string, Partial<Params>]>([
    ['tools_changed', { tools: [look(`Looks far. ${RULES}`)] }],
    ['system_changed', { system: `Others. ${RULES}` }],
    ['messages_changed', { messages: said(`Hey. ${RULES}`, 'Hi.', 'And now?') }],
  ])('name %s with the missed tokens', async (type, changes) => {
    const first = await client.messages.create(FIRST);
    const diagnostics = { previous_message_id: first.id };
    const stream = client.messages.stream({ ...FIRST, messages: NEXT, ...changes, diagnostics });
    const next = await stream.finalMessage();
    const reason = next.diagnostics?.cache_miss_reason;
    const earlier = first.usage.input_tokens + (first.usage.cache_read_input_tokens ?? 0);
    expect(reason).toEqual({ type, cache_missed_input_tokens: expect.any(Number) });
    expect(reason).toHaveProperty(
      'cache_missed_input_tokens',
      earlier - (next.usage.cache_read_input_tokens ?? 0),
    );
  });

  it('say that no answer has the id', async () => {
    const diagnostics = { previous_message_id: 'msg_unknown' };
    const answer = await client.messages.create({ ...FIRST, diagnostics });
    expect(answer.diagnostics).toEqual({
      cache_miss_reason: { type: 'previous_message_not_found' },
    });
  });
});
