import type { Anthropic } from 'anthropic-sdk-0';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { allEventsOf, expectGrammar, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

const ABOUT = 'Extract name and age as JSON: Alice is 31.';
const PERSON = z.object({ name: z.string(), age: z.int() });
const ALICE = { name: 'Alice', age: 31 };

const STEP = z.object({ rank: z.int(), final: z.boolean() });

/**
 * Schemas whose values no model writes by itself after a greeting. The older SDK puts enums and bounds in
 * descriptions only, so there are none.
 */
const VERDICT = z.object({
  allowed: z.boolean(),
  first: STEP,
  last: STEP.nullable(),
  names: z.union([z.string(), z.boolean()]),
  note: z.null(),
});

const asks = (content: string) => ({
  model: 'mini',
  max_tokens: 300,
  messages: [{ role: 'user' as const, content }],
});

const WEATHER = {
  name: 'get_weather',
  description: 'Get the current weather in a location',
  input_schema: {
    type: 'object' as const,
    properties: { location: { type: 'string', description: 'City name' } },
    required: ['location'],
  },
};

describe.each(DIALECTS)('structured output in $dialect', (dialect) => {
  covers('R3.4-parse', 'R3.4-schema', 'R3.4-stream', 'R3.4-tools');

  const { zodOutputFormat, betaZodOutputFormat } = dialect;
  let client: Anthropic;
  beforeAll(() => {
    client = clientOf(dialect, server.url);
  });

  it('is parsed by messages.parse', async () => {
    const output_config = { format: zodOutputFormat(PERSON) };
    const message = await client.messages.parse({ ...asks(ABOUT), output_config });
    expect(message.parsed_output).toEqual(ALICE);
    expect(message).toMatchObject({ stop_reason: 'end_turn', content: [{ type: 'text' }] });
  });

  it('is parsed by beta.messages.parse', async () => {
    const output_config = { format: betaZodOutputFormat(PERSON) };
    const message = await client.beta.messages.parse({ ...asks(ABOUT), output_config });
    expect(message.parsed_output).toEqual(ALICE);
  });

  it.each(['Hello', 'Tell me a joke', 'What is the capital of France?'])(
    'has the shape that was asked for, whatever the question (%s)',
    async (content) => {
      const output_config = { format: zodOutputFormat(VERDICT) };
      const message = await client.messages.parse({ ...asks(content), output_config });
      expect(VERDICT.strict().parse(message.parsed_output)).toEqual(message.parsed_output);
      expect(message.stop_reason).toBe('end_turn');
    },
  );

  it('is streamed, and parsed at its end', async () => {
    const output_config = { format: zodOutputFormat(PERSON) };
    const texts: string[] = [];
    const stream = client.messages.stream({ ...asks(ABOUT), output_config });
    stream.on('text', (text) => void texts.push(text));
    const message = await stream.finalMessage();
    expect(texts.length).toBeGreaterThan(3);
    expect(JSON.parse(texts.join(''))).toEqual(ALICE);
    expect(message.parsed_output).toEqual(ALICE);
  });

  it('combines with tools: a call if one is needed, else JSON', async () => {
    const body = { tools: [WEATHER], output_config: { format: zodOutputFormat(PERSON) } };
    const called = await client.messages.parse({
      ...asks('What is the weather in Paris?'),
      ...body,
    });
    expect(called.content).toMatchObject([{ type: 'tool_use', input: { location: 'Paris' } }]);
    expect(called).toMatchObject({ stop_reason: 'tool_use', parsed_output: null });
    const parsed = await client.messages.parse({ ...asks(ABOUT), ...body });
    expect(PERSON.parse(parsed.parsed_output)).toEqual(parsed.parsed_output);
  });

  it('is the answer after a result too', async () => {
    const format = zodOutputFormat(z.object({ celsius: z.int(), cloudy: z.boolean() }));
    const content = [
      {
        type: 'tool_use' as const,
        id: 'toolu_a',
        name: 'get_weather',
        input: { location: 'Paris' },
      },
    ];
    const message = await client.messages.parse({
      ...asks(''),
      messages: [
        { role: 'user', content: 'What is the weather in Paris?' },
        { role: 'assistant', content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_a', content: '18 degrees' }],
        },
      ],
      tools: [WEATHER],
      tool_choice: { type: 'none' },
      output_config: { format },
    });
    expect(message.parsed_output).toEqual({
      celsius: expect.any(Number),
      cloudy: expect.any(Boolean),
    });
  });

  it('thinks freely before its answer', async () => {
    const message = await client.messages.parse({
      ...asks(ABOUT),
      max_tokens: 1500,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      output_config: { format: zodOutputFormat(PERSON) },
    });
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: expect.stringMatching(/\w/) },
      { type: 'text' },
    ]);
    expect(PERSON.parse(message.parsed_output)).toEqual(message.parsed_output);
  });
});

describe('structured output without an SDK', () => {
  covers('R3.4-deprecated', 'R3.4-schema', 'R3.4-stream');

  const schema = {
    type: 'object',
    properties: { name: { type: 'string' }, age: { type: 'integer' } },
    required: ['name', 'age'],
    additionalProperties: false,
  };
  const format = { type: 'json_schema', schema };
  const ask = (more: object) => post(`${server.url}/v1/messages`, request(ABOUT, { ...more }));

  it.each([
    ['output_config.format', { output_config: { format } }, {}],
    ['output_format', { output_format: format }, {}],
    [
      'output_format of the beta',
      { output_format: format },
      { 'anthropic-beta': 'structured-outputs-2025-11-13' },
    ],
  ])('takes %s, streamed or not', async (_, more, headers) => {
    const url = `${server.url}/v1/messages`;
    const whole = textOf(await messageOf(await post(url, request(ABOUT, more), headers)));
    expect(JSON.parse(whole)).toEqual(ALICE);
    const streaming = request(ABOUT, { ...more, stream: true });
    const events = await allEventsOf(await post(url, streaming, headers));
    expectGrammar(events);
    expect(streamedText(events)).toBe(whole);
  });

  it('is one of the values that a schema has', async () => {
    const properties = { verdict: { enum: ['allow', 'deny', 7] }, version: { const: 'v1' } };
    const verdict = { ...schema, properties, required: ['version', 'verdict'] };
    const output_config = { format: { type: 'json_schema', schema: verdict } };
    const body = request('Hello', { output_config, stream: true });
    const events = await allEventsOf(await post(`${server.url}/v1/messages`, body));
    const { verdict: given, ...rest } = JSON.parse(streamedText(events)) as { verdict: unknown };
    expect(['allow', 'deny', 7]).toContain(given);
    expect(rest).toEqual({ version: 'v1' });
  });

  it('is cut by max_tokens like any answer', async () => {
    const message = await messageOf(await ask({ output_config: { format }, max_tokens: 5 }));
    expect(message.stop_reason).toBe('max_tokens');
    expect(textOf(message)).toMatch(/^\{/);
    expect(() => JSON.parse(textOf(message)) as unknown).toThrow();
  });

  it('names what is wrong with a schema', async () => {
    const wrong = { type: 'json_schema', schema: { ...schema, type: 'thing' } };
    const response = await ask({ output_config: { format: wrong } });
    expect(response.status).toBe(400);
    expect((await errorOf(response)).error.message).toContain('output_config.format.schema');
  });
});
