import type { Anthropic } from 'anthropic-sdk-0';
import { beforeAll, describe, expect, it } from 'vitest';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { allEventsOf, expectGrammar } from '../support/event-stream.ts';
import { errorOf, messageOf, post, promptTokensOf, request } from '../support/messages-api.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

type Tool = Anthropic.Tool;
type Params = Anthropic.MessageCreateParamsNonStreaming;
type ResultContent = Anthropic.ToolResultBlockParam['content'];

function tool(name: string, description: string, properties: object, required: string[]): Tool {
  return { name, description, input_schema: { type: 'object', properties, required } };
}

const WEATHER = tool(
  'get_weather',
  'Get the current weather in a location',
  { location: { type: 'string', description: 'City name' } },
  ['location'],
);
const LIGHT = tool(
  'set_light',
  'Turn a light on or off',
  { room: { enum: ['kitchen', 'garage'] }, on: { type: 'boolean' } },
  ['room', 'on'],
);
const TOOLS = [WEATHER, LIGHT];
const ONE_CITY = 'What is the weather in Paris?';
const TWO_CITIES = 'What is the weather in Paris and Tokyo?';

const asks = (content: string, more: Partial<Params> = {}): Params => ({
  model: 'mini',
  max_tokens: 300,
  messages: [{ role: 'user', content }],
  tools: TOOLS,
  ...more,
});

/** Conversation with a question for the weather, and the result in its last turn. */
const answered = (...last: Anthropic.ContentBlockParam[]): Params['messages'] => [
  { role: 'user', content: ONE_CITY },
  {
    role: 'assistant',
    content: [
      { type: 'tool_use', id: 'toolu_a', name: 'get_weather', input: { location: 'Paris' } },
    ],
  },
  { role: 'user', content: last },
];

const result = (content?: ResultContent, more: object = {}): Anthropic.ToolResultBlockParam => ({
  type: 'tool_result',
  tool_use_id: 'toolu_a',
  ...(content === undefined ? {} : { content }),
  ...more,
});

const textOf = ({ content }: Anthropic.Message) =>
  content.map((block) => (block.type === 'text' ? block.text : '')).join('');
const inputsOf = ({ content }: Anthropic.Message) =>
  content.flatMap((block) => (block.type === 'tool_use' ? [[block.name, block.input]] : []));
const promptOf = ({ usage }: Anthropic.Message) =>
  usage.input_tokens + (usage.cache_read_input_tokens ?? 0);

/** Expects that all of the prompt was evaluated before; its last token always is again. */
function expectSamePrompt(message: Anthropic.Message): void {
  expect(message.usage).toMatchObject({
    input_tokens: 1,
    cache_read_input_tokens: promptOf(message) - 1,
  });
}

const PARIS = ['get_weather', { location: 'Paris' }];
const TOKYO = ['get_weather', { location: 'Tokyo' }];
const A_LIGHT = { room: expect.stringMatching(/^(kitchen|garage)$/), on: expect.any(Boolean) };

describe.each(DIALECTS)('tools in $dialect', (dialect) => {
  covers(
    'R3.1-arguments',
    'R3.1-template',
    'R3.1-parallel',
    'R3.1-ids',
    'R3.1-one-call',
    'R3.1-auto',
    'R3.1-any',
    'R3.1-valid',
    'R3.1-tool',
    'R3.1-none',
    'R3.1-results',
    'R3.1-results-first',
  );

  let client: Anthropic;
  beforeAll(() => {
    client = clientOf(dialect, server.url);
  });
  const create = (body: Params) => client.messages.create(body);

  it('streams arguments while they are generated', async () => {
    const stream = client.messages.stream(asks(ONE_CITY));
    const parts: string[] = [];
    for await (const { type, ...event } of stream) {
      if (type !== 'content_block_delta' || !('delta' in event)) continue;
      expect(event.delta).toMatchObject({ type: 'input_json_delta' });
      if ('partial_json' in event.delta) parts.push(event.delta.partial_json);
    }
    const message = await stream.finalMessage();
    expect(parts.length).toBeGreaterThan(3);
    expect(JSON.parse(parts.join(''))).toEqual({ location: 'Paris' });
    expect(inputsOf(message)).toEqual([PARIS]);
    expect(message.content).toHaveLength(1);
    expect(message.stop_reason).toBe('tool_use');
  });

  it('sends each of parallel calls as its own block with its own id', async () => {
    const whole = await create(asks(TWO_CITIES));
    const streamed = await client.messages.stream(asks(TWO_CITIES)).finalMessage();
    for (const message of [whole, streamed]) {
      expect(inputsOf(message)).toEqual([PARIS, TOKYO]);
      expect(message).toMatchObject({ stop_reason: 'tool_use', content: { length: 2 } });
    }
    const ids = [whole, streamed].flatMap(({ content }) =>
      content.map((block) => (block.type === 'tool_use' ? block.id : '')),
    );
    for (const id of ids) expect(id).toMatch(/^toolu_\w{10,}$/);
    expect(new Set(ids).size).toBe(4);
  });

  it.each(['auto', 'any'] as const)(
    'ends after one call with disable_parallel_tool_use (%s)',
    async (type) => {
      const tool_choice = { type, disable_parallel_tool_use: true };
      const message = await create(asks(TWO_CITIES, { tool_choice }));
      expect(inputsOf(message)).toEqual([PARIS]);
      expect(message.stop_reason).toBe('tool_use');
    },
  );

  it('leaves it to the model whether it calls', async () => {
    const tool_choice = { type: 'auto' } as const;
    expect(inputsOf(await create(asks(ONE_CITY, { tool_choice })))).toEqual([PARIS]);
    const counted = await create(asks('Count from 1 to 5', { tool_choice }));
    expect(counted).toMatchObject({
      stop_reason: 'end_turn',
      content: [{ text: '1, 2, 3, 4, 5' }],
    });
  });

  it.each(['Count from 1 to 5', 'Hello', 'What is the capital of France?'])(
    'any: forces a call in place of an answer (%s)',
    async (content) => {
      const body = asks(content, { tools: [LIGHT], tool_choice: { type: 'any' } });
      const message = await create(body);
      const calls = inputsOf(message);
      expect(calls.length).toBeGreaterThan(0);
      expect(message.content).toHaveLength(calls.length);
      for (const call of calls) expect(call).toEqual(['set_light', A_LIGHT]);
      expect(message.stop_reason).toBe('tool_use');
    },
  );

  it.each([
    { name: 'get_weather', input: { location: expect.any(String) } },
    { name: 'set_light', input: A_LIGHT },
  ])('tool: calls $name, whatever was asked', async ({ name, input }) => {
    const tool_choice = { type: 'tool', name, disable_parallel_tool_use: true } as const;
    for (const content of [ONE_CITY, 'Set the light in the kitchen to true.', 'Hello']) {
      const message = await client.messages.stream(asks(content, { tool_choice })).finalMessage();
      expect(inputsOf(message)).toEqual([[name, input]]);
      expect(message).toMatchObject({ stop_reason: 'tool_use', content: { length: 1 } });
    }
  });

  it('none: has no tool in the prompt and reads no call', async () => {
    const none = await create(asks(ONE_CITY, { tool_choice: { type: 'none' } }));
    expect(none.stop_reason).toBe('end_turn');
    expect(none.content).toMatchObject([{ type: 'text' }]);
    const { tools: _, ...bare } = asks(ONE_CITY);
    expect(promptOf(none)).toBe(promptOf(await create(bare)));
  });

  it.each([
    ['a string', result('18 degrees and cloudy')],
    ['a block', result([{ type: 'text', text: '18 degrees and cloudy' }])],
    ['an error', result('18 degrees and cloudy', { is_error: true })],
  ])('takes a result as %s', async (_, block) => {
    const message = await create(asks('', { messages: answered(block) }));
    expect(textOf(message)).toMatch(/^The weather in Paris is 18 degrees/);
    expect(message.stop_reason).toBe('end_turn');
  });

  it('distinguishes an error from a result, and accepts an empty result', async () => {
    const prompt = async (block: Anthropic.ToolResultBlockParam) =>
      promptOf(await create(asks('', { messages: answered(block) })));
    const plain = await prompt(result('No such city'));
    expect(await prompt(result('No such city', { is_error: true }))).toBeGreaterThan(plain);
    expect(await prompt(result())).toBeLessThan(plain);
  });

  it('pairs results with calls by their ids, in any order', async () => {
    const { content } = await create(asks(TWO_CITIES));
    const ids = content.map((block) => (block.type === 'tool_use' ? block.id : ''));
    const results = ['18 degrees and cloudy', '31 degrees and sunny'].map((text, index) => ({
      ...result(text),
      tool_use_id: ids[index] ?? '',
    }));
    const send = (sent: Anthropic.ToolResultBlockParam[]) => {
      const messages: Params['messages'] = [
        { role: 'user', content: TWO_CITIES },
        { role: 'assistant', content },
        { role: 'user', content: sent },
      ];
      return create(asks('', { messages }));
    };
    expect(textOf(await send(results))).toMatch(/^The weather in Paris/);
    expectSamePrompt(await send(results.toReversed()));
  });

  it('has the result before the text beside it', async () => {
    const sky = result(`18 degrees and ${'cloudy, '.repeat(30)}`);
    const also = { type: 'text', text: 'Count from 1 to 5' } as const;
    const alone = await create(asks('', { messages: answered(sky) }));
    const after = await create(asks('', { messages: answered(sky, also) }));
    const before = await create(asks('', { messages: answered(also, sky) }));
    // What was evaluated for the result alone is the beginning of both, but for the answer's opening.
    for (const message of [after, before]) {
      expect(message.usage.cache_read_input_tokens).toBeGreaterThan(promptOf(alone) - 20);
    }
    expectSamePrompt(before);
  });
});

describe('tools without an SDK', () => {
  covers('R3.1-result-images', 'R3.1-cut', 'R3.1-template');

  const ask = (body: object) => post(`${server.url}/v1/messages`, body);

  it('names the picture of a result that the model cannot see', async () => {
    const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } as const;
    const messages = answered(result([{ type: 'image', source }]));
    const response = await ask(request('', { model: 'text-only', messages, tools: TOOLS }));
    expect(response.status).toBe(400);
    const { error } = await errorOf(response);
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toMatch(/image.*text-only has no vision/);
  });

  it('never shows a cut call as a finished one, wherever it is cut', async () => {
    for (let max_tokens = 1; ; max_tokens += 1) {
      const body = { tools: TOOLS, max_tokens };
      const message = await messageOf(await ask(request(ONE_CITY, body)));
      const events = await allEventsOf(await ask(request(ONE_CITY, { ...body, stream: true })));
      expectGrammar(events);
      const calls = message.content.filter((block) => block.type === 'tool_use');
      for (const { input } of calls) expect(input).toEqual({ location: 'Paris' });
      expect(message.content).toHaveLength(calls.length);
      expect(events.at(-2)?.data.delta?.stop_reason).toBe(message.stop_reason);
      if (message.stop_reason !== 'max_tokens') {
        expect(message).toMatchObject({ stop_reason: 'tool_use', content: { length: 1 } });
        expect(max_tokens).toBeGreaterThan(10);
        return;
      }
    }
  });

  it('counts the tools as the model’s template renders them', async () => {
    const body = { model: 'mini', messages: [{ role: 'user', content: ONE_CITY }] };
    const url = `${server.url}/v1/messages/count_tokens`;
    const count = async (more: object) => {
      const counted: unknown = await (await post(url, { ...body, ...more })).json();
      return (counted as { input_tokens: number }).input_tokens;
    };
    const message = await messageOf(await ask(request(ONE_CITY, { tools: TOOLS })));
    expect(await count({ tools: TOOLS })).toBe(promptTokensOf(message));
    expect(await count({})).toBeLessThan(promptTokensOf(message) - 50);
  });
});
