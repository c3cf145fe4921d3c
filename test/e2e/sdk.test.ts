import type { Anthropic } from 'anthropic-sdk-0';
import { beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../support/dialects.ts';
import { ENDLESS, ENDLESS_TOKENS, promptTokensOf } from '../support/messages-api.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const COUNTING = {
  model: 'mini',
  max_tokens: 200,
  temperature: 0,
  messages: [{ role: 'user' as const, content: 'Count from 1 to 10' }],
};
const TO_TEN = '1, 2, 3, 4, 5, 6, 7, 8, 9, 10';

function sampling(temperature: number): object {
  return { temperature, top_p: 0.99, top_k: 40 };
}

describe.each(DIALECTS)('the TypeScript SDK of $dialect', ({ sdk }) => {
  covers(
    'R2.T-sdk-create',
    'R2.3-messages',
    'R2.9-skills',
    'R2.T-sdk-stream',
    'R2.3-stream',
    'R2.T-sdk-count',
    'R2.3-count',
    'R2.6-count-equals',
    'R2.T-sdk-models',
    'R2.3-paging',
    'R2.3-model',
    'R2.5-thinking',
    'R2.5-signature',
    'R2.5-prefill',
    'R2.5-stop',
    'R2.5-stop-leak',
    'R2.5-greedy',
    'R2.5-sampling',
    'R2.T-sdk-errors',
    'R2.10-unknown',
    'R2.12-request-id',
    'R2.13-disconnect',
    'R2.11-any-key',
  );

  let client: Anthropic;
  beforeAll(() => {
    client = new sdk.Anthropic({ baseURL: server.url, apiKey: 'any key', maxRetries: 0 });
  });

  it('creates a message', async () => {
    const message = await client.messages.create(COUNTING);
    expect(message).toMatchObject({
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'assistant',
      model: 'mini',
      content: [{ type: 'text', text: TO_TEN }],
      stop_reason: 'end_turn',
      stop_sequence: null,
    });
    expect(message.usage.output_tokens).toBeGreaterThan(TO_TEN.split(' ').length);
  });

  it('creates with stream: true', async () => {
    let text = '';
    const types = new Set<string>();
    for await (const event of await client.messages.create({ ...COUNTING, stream: true })) {
      types.add(event.type);
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
        text += event.delta.text;
      }
    }
    expect(text).toBe(TO_TEN);
    expect([...types]).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('streams text events up to finalMessage', async () => {
    const texts: string[] = [];
    const stream = client.messages.stream(COUNTING).on('text', (text) => texts.push(text));
    const message = await stream.finalMessage();
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join('')).toBe(TO_TEN);
    expect(message.content).toMatchObject([{ type: 'text', text: TO_TEN }]);
    expect(message).toMatchObject({ stop_reason: 'end_turn', role: 'assistant' });
    const whole = await client.messages.create(COUNTING);
    expect(message.usage.output_tokens).toBe(whole.usage.output_tokens);
  });

  it('counts what messages then reports', async () => {
    const body = {
      model: 'mini',
      system: [{ type: 'text' as const, text: 'You are a concise assistant. 東京 🗼' }],
      messages: [
        { role: 'user' as const, content: 'My name is Zoe.' },
        { role: 'assistant' as const, content: 'Nice to meet you, Zoe!' },
        { role: 'user' as const, content: [{ type: 'text' as const, text: 'What is my name?' }] },
      ],
    };
    const { input_tokens } = await client.messages.countTokens(body);
    const first = await client.messages.create({ ...body, max_tokens: 20 });
    const second = await client.messages.create({ ...body, max_tokens: 20 });
    const counts = [first, second].map(({ usage }) =>
      promptTokensOf({
        usage: {
          ...usage,
          cache_read_input_tokens: usage.cache_read_input_tokens ?? Number.NaN,
          cache_creation_input_tokens: usage.cache_creation_input_tokens ?? Number.NaN,
        },
      }),
    );
    expect(input_tokens).toBeGreaterThan(30);
    expect(counts).toEqual([input_tokens, input_tokens]);
    expect(second.usage.cache_read_input_tokens).toBeGreaterThan(input_tokens / 2);
  });

  it('pages through the models by itself', async () => {
    const all = (await client.models.list({ limit: 1000 })).data.map(({ id }) => id);
    expect(all).toEqual(expect.arrayContaining(['mini', 'first-alias', 'second-alias']));
    const paged: string[] = [];
    for await (const model of client.models.list({ limit: 1 })) paged.push(model.id);
    expect(paged).toEqual(all);
  });

  it('retrieves a model and an alias', async () => {
    for (const id of ['mini', 'first-alias']) {
      const model = await client.models.retrieve(id);
      expect(model).toMatchObject({ id, type: 'model' });
      expect(model.display_name).not.toBe('');
      expect(Number.isNaN(Date.parse(model.created_at))).toBe(false);
    }
  });

  it.each([
    { type: 'enabled' as const, budget_tokens: 1024 },
    { type: 'adaptive' as const },
    { type: 'disabled' as const },
  ])('thinks as requested: $type', async (thinking) => {
    const body = { ...COUNTING, max_tokens: 1500, thinking };
    const message = await client.messages.stream(body).finalMessage();
    const kinds = message.content.map(({ type }) => type);
    expect(message.stop_reason).toBe('end_turn');
    expect(kinds.at(-1)).toBe('text');
    expect(kinds.includes('thinking')).toBe(
      thinking.type === 'adaptive' ? kinds.length === 2 : thinking.type === 'enabled',
    );
  });

  it('takes its thinking back', async () => {
    const thinking = { type: 'enabled' as const, budget_tokens: 1024 };
    const body = { ...COUNTING, max_tokens: 1500, thinking };
    const { content } = await client.messages.create(body);
    expect(content[0]).toMatchObject({
      type: 'thinking',
      signature: expect.stringMatching(/^portico1\..+\..+/),
    });
    const again = await client.messages.create({
      ...body,
      messages: [
        ...body.messages,
        { role: 'assistant', content },
        { role: 'user', content: 'What is the capital of France?' },
      ],
    });
    expect(again.content.at(-1)).toMatchObject({ text: 'The capital of France is Paris.' });
  });

  it('continues a last assistant turn', async () => {
    const { content } = await client.messages.create({
      ...COUNTING,
      messages: [...COUNTING.messages, { role: 'assistant', content: '1, 2, 3,' }],
    });
    expect(content).toMatchObject([{ text: ' 4, 5, 6, 7, 8, 9, 10' }]);
  });

  it.each([
    ['5', '1, 2, 3, 4, '],
    [', 4, 5', '1, 2, 3'],
    ['1', ''],
  ])('stops before %j', async (stop, text) => {
    const body = { ...COUNTING, stop_sequences: ['nothing like it', stop] };
    const message = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    for (const { content, ...rest } of [message, streamed]) {
      expect(rest).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: stop });
      expect(content.map((block) => (block.type === 'text' ? block.text : '')).join('')).toBe(text);
    }
  });

  it('repeats itself at temperature 0 only', async () => {
    const story = (temperature: number, index: number) =>
      client.messages.create({
        ...COUNTING,
        ...sampling(temperature),
        max_tokens: 60,
        messages: [{ role: 'user', content: 'Tell me a story' }],
        metadata: { user_id: `storyteller ${index}` },
      });
    const texts = async (temperature: number) => {
      const seen = new Set<string>();
      for (let index = 0; index < 4; index += 1) {
        seen.add(JSON.stringify((await story(temperature, index)).content));
      }
      return seen.size;
    };
    expect(await texts(0)).toBe(1);
    expect(await texts(1.9)).toBeGreaterThan(1);
  });

  it('raises NotFoundError for an unknown model', async () => {
    const error = await client.messages.create({ ...COUNTING, model: 'nobody' }).catch(String);
    expect(error).toMatch(/404.*nobody.*mini/s);
    const retrieved = client.models.retrieve('nobody');
    await expect(retrieved).rejects.toBeInstanceOf(sdk.NotFoundError);
    await expect(retrieved).rejects.toMatchObject({
      status: 404,
      error: { type: 'error', error: { type: 'not_found_error' } },
    });
  });

  it('raises BadRequestError with words and a request id', async () => {
    const bad = client.messages.create({ ...COUNTING, max_tokens: -1 });
    await expect(bad).rejects.toBeInstanceOf(sdk.BadRequestError);
    await expect(bad).rejects.toMatchObject({
      status: 400,
      requestID: expect.stringMatching(/^req_/),
      message: expect.stringContaining('max_tokens: Input should be greater than or equal to 0'),
    });
  });

  it('stops when the stream is aborted, and answers the next', async () => {
    const stream = client.messages.stream({
      ...COUNTING,
      max_tokens: ENDLESS_TOKENS,
      output_config: { format: ENDLESS },
    });
    await new Promise((resolve) => stream.once('text', resolve));
    stream.abort();
    await expect(stream.finalMessage()).rejects.toBeInstanceOf(sdk.APIUserAbortError);
    const next = await client.messages.create(COUNTING);
    expect(next.content).toMatchObject([{ text: TO_TEN }]);
  });

  it('is let in by x-api-key and by Bearer', async () => {
    const bearer = new sdk.Anthropic({
      baseURL: server.url,
      apiKey: null,
      authToken: 'another key',
      maxRetries: 0,
    });
    const models = await bearer.models.list();
    expect(models.data.length).toBeGreaterThan(0);
  });
});
