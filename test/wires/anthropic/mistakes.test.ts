import { describe, expect, it } from 'vitest';
import { finish } from '../../../src/core/steps.ts';
import { decodeCountTokens, decodeMessages } from '../../../src/wires/anthropic/decode.ts';
import { encodeFailure } from '../../../src/wires/anthropic/errors.ts';
import { bodyWith, decode, refusal, seal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const context = { headers: {}, seal };
const user = (content: unknown): object => ({ role: 'user', content });
const assistant = (content: unknown): object => ({ role: 'assistant', content });
const call = (id: string): object => ({ type: 'tool_use', id, name: 'look', input: {} });
const result = (id: string): object => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
const tool = (fields: object): object => ({
  name: 'look',
  input_schema: { type: 'object' },
  ...fields,
});
const cached = { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } };
const thinking = { type: 'enabled', budget_tokens: 1024 };
const invalidSchema =
  "JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12) and be of type 'object'.";

const ROWS: readonly (readonly [mistake: string, fields: object, message: string])[] = [
  ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
  ['no model', { model: undefined }, 'model: Field required'],
  ['an empty model', { model: '' }, 'model: String should have at least 1 character'],
  ['no messages field', { messages: undefined }, 'messages: Field required'],
  ['max_tokens as text', { max_tokens: '5' }, 'max_tokens: Input should be a valid integer'],
  ['max_tokens as a fraction', { max_tokens: 1.5 }, 'max_tokens: Input should be a valid integer'],
  [
    'a negative max_tokens',
    { max_tokens: -1 },
    'max_tokens: Input should be greater than or equal to 0',
  ],
  ['a misspelt field', { tool_choise: {} }, 'tool_choise: Extra inputs are not permitted'],
  ['no message', { messages: [] }, 'messages: at least one message is required'],
  [
    'an assistant message first',
    { messages: [assistant('hi')] },
    'messages: first message must use the "user" role',
  ],
  [
    'an unknown role',
    { messages: [user('hi'), { role: 'tool', content: 'x' }] },
    'messages: Unexpected role "tool". Allowed roles are "user" or "assistant".',
  ],
  ['no role', { messages: [{ content: 'x' }] }, 'messages.0.role: Field required'],
  [
    'an empty text',
    { messages: [user([{ type: 'text', text: '' }])] },
    'messages: text content blocks must be non-empty',
  ],
  [
    'empty content',
    { messages: [user('hi'), assistant('ho'), user('')] },
    'messages.2: all messages must have non-empty content except for the optional final assistant message',
  ],
  [
    'an empty list of blocks',
    { messages: [user([])] },
    'messages.0: all messages must have non-empty content except for the optional final assistant message',
  ],
  [
    'a number as content',
    { messages: [user(5)] },
    'messages.0.content: Input should be a valid string',
  ],
  [
    'a number as a block',
    { messages: [user([5])] },
    'messages.0.content.0: Input should be a valid dictionary',
  ],
  [
    'a block without a type',
    { messages: [user([{ text: 'x' }])] },
    'messages.0.content.0.type: Field required',
  ],
  [
    'a text block without text',
    { messages: [user([{ type: 'text' }])] },
    'messages.0.content.0.text.text: Field required',
  ],
  [
    'a call without input',
    { messages: [user('hi'), assistant([{ type: 'tool_use', id: 'a', name: 'b' }])] },
    'messages.1.content.0.tool_use.input: Field required',
  ],
  [
    'a call with a string as input',
    { messages: [user('hi'), assistant([{ type: 'tool_use', id: 'a', name: 'b', input: '{}' }])] },
    'messages.1.content.0.tool_use.input: Input should be a valid dictionary',
  ],
  [
    'a call of the user',
    { messages: [user([call('A')])] },
    'messages.0: `tool_use` blocks can only be in `assistant` messages',
  ],
  [
    'calls without results',
    { messages: [user('hi'), assistant([call('A'), call('B')]), user('so?')] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: A, B. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'a last call without a result',
    { messages: [user('hi'), assistant([call('A')])] },
    'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: A. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
  ],
  [
    'a result without a call',
    { messages: [user('hi'), assistant('ho'), user([{ type: 'text', text: 'x' }, result('X')])] },
    'messages.2.content.1: unexpected `tool_use_id` found in `tool_result` blocks: X. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  ],
  [
    'two results of one call',
    { messages: [user('hi'), assistant([call('X')]), user([result('X'), result('X')])] },
    'each tool_use must have a single result. Found multiple `tool_result` blocks with id: X',
  ],
  [
    'two calls of one id',
    {
      messages: [user('hi'), assistant([call('X')]), user([result('X')]), assistant([call('X')])],
    },
    'messages.3.content.0: `tool_use` ids must be unique',
  ],
  [
    'two tools of one name',
    { tools: [tool({}), tool({ type: 'custom' })] },
    'tools: Tool names must be unique.',
  ],
  [
    'a bad tool name',
    { tools: [tool({ name: 'look up' })] },
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
  ],
  [
    'a tool without a name',
    { tools: [tool({ name: undefined })] },
    'tools.0.custom.name: Field required',
  ],
  [
    'a tool without a schema',
    { tools: [tool({}), { name: 'b' }] },
    'tools.1.custom.input_schema: Field required',
  ],
  [
    'a schema that is not an object',
    { tools: [tool({ input_schema: { type: 'string' } })] },
    `tools.0.custom.input_schema: ${invalidSchema} The fault is at #/type.`,
  ],
  [
    'a schema of an unknown type inside',
    { tools: [tool({ input_schema: { type: 'object', properties: { a: { type: 'text' } } } })] },
    `tools.0.custom.input_schema: ${invalidSchema} The fault is at #/properties/a/type.`,
  ],
  [
    'a tool choice without tools',
    { tool_choice: { type: 'any' } },
    'tool_choice.any may only be specified while providing tools',
  ],
  [
    'the choice of an unknown tool',
    { tools: [tool({})], tool_choice: { type: 'tool', name: 'find' } },
    "tool_choice.tool.name: Tool 'find' not found in provided tools",
  ],
  [
    'the choice of a tool without its name',
    { tools: [tool({})], tool_choice: { type: 'tool' } },
    'tool_choice.tool.name: Field required',
  ],
  [
    'a temperature over 2',
    { temperature: 2.1 },
    'temperature: Input should be less than or equal to 2',
  ],
  ['a top_p over 1', { top_p: 1.1 }, 'top_p: Input should be less than or equal to 1'],
  ['a negative top_k', { top_k: -1 }, 'top_k: Input should be greater than or equal to 0'],
  [
    'a budget under 1024',
    { max_tokens: 4096, thinking: { type: 'enabled', budget_tokens: 1000 } },
    'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
  ],
  [
    'a budget of max_tokens',
    { max_tokens: 1024, thinking },
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
  ],
  [
    'thinking and a forced tool',
    { max_tokens: 4096, thinking, tools: [tool({})], tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [
    'an unknown effort',
    { output_config: { effort: 'huge' } },
    "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
  ],
  [
    'an open object in the output format',
    {
      output_config: {
        format: {
          type: 'json_schema',
          schema: {
            type: 'object',
            additionalProperties: false,
            properties: { inner: { type: 'object' } },
          },
        },
      },
    },
    "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false. The fault is at #/properties/inner.",
  ],
  [
    'five cache breakpoints',
    { system: [cached], messages: [user([cached, cached]), user([cached, cached])] },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [
    'an unknown cache ttl',
    { system: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '1d' } }] },
    "system.0.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
  ],
  [
    'a too large image',
    {
      messages: [
        user([
          { type: 'text', text: 'look' },
          {
            type: 'image',
            source: { type: 'base64', media_type: 'image/png', data: 'A'.repeat(5_242_884) },
          },
        ]),
      ],
    },
    'messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 5242884 bytes > 5242880 bytes',
  ],
  [
    'an image of an unsupported type',
    {
      messages: [
        user([
          { type: 'image', source: { type: 'base64', media_type: 'image/tiff', data: 'AAAA' } },
        ]),
      ],
    },
    "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
  ],
  [
    'a stop sequence of spaces',
    { stop_sequences: ['END', ' \n'] },
    'stop_sequences: each stop sequence must contain non-whitespace',
  ],
  [
    'a user id of 257 characters',
    { metadata: { user_id: 'x'.repeat(257) } },
    'metadata.user_id: String should have at most 256 characters',
  ],
];

describe('the decoder of requests', () => {
  covers('R2.12-table', 'R2.12-lenient', 'R2.3-count');

  it.each(ROWS)('refuses %s in the wording of the API', (_mistake, fields, words) => {
    const failure = refusal(() => decode(fields));
    const { status, body } = encodeFailure(failure, 'req_1');
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        type: 'error',
        error: { type: 'invalid_request_error', message: words },
        request_id: 'req_1',
      },
    });
  });

  it('lists the known block types for an unknown one', () => {
    const failure = refusal(() => decode({ messages: [user([{ type: 'video' }])] }));
    expect(failure.message).toMatch(
      /^messages\.0\.content\.0: Input tag 'video' found using 'type' does not match any of the expected tags: 'text', 'image', .*'tool_result'/,
    );
  });

  it('lists the known tool types for an unknown one', () => {
    const failure = refusal(() => decode({ tools: [tool({ type: 'telepathy_20300101' })] }));
    expect(failure.message).toMatch(
      /^tools\.0: Input tag 'telepathy_20300101' found using 'type' does not match any of the expected tags: 'custom', 'bash_…'/,
    );
  });

  it.each([
    [null, 'Input should be a valid dictionary'],
    [[], 'Input should be a valid dictionary'],
    ['text', 'Input should be a valid dictionary'],
  ])('refuses %j as a body', (body, words) => {
    expect(refusal(() => finish(decodeMessages(body, context))).message).toBe(words);
  });

  it('refuses arguments with 100,000 nested levels', () => {
    let input: object = {};
    for (let depth = 0; depth < 100_000; depth += 1) input = { input };
    const block = { type: 'tool_use', id: 'a', name: 'b', input };
    const failure = refusal(() => decode({ messages: [user('hi'), assistant([block])] }));
    expect(failure.message).toBe(
      'messages.1.content.0.tool_use.input: Input should be JSON of at most 200 nested levels and 250000 values',
    );
  });

  it('accepts temperatures up to 2 and a missing anthropic-version', () => {
    expect(decode({ temperature: 2 }).request.sampling).toEqual({ temperature: 2 });
  });

  it('counts without max_tokens and with any thinking budget', () => {
    const { max_tokens: _none, ...body } = { max_tokens: 0, ...bodyWith({ stream: true }) };
    const counted = finish(decodeCountTokens({ ...body, thinking }, context));
    expect(counted).toMatchObject({
      stream: false,
      request: { maxTokens: 1, thinking: { mode: 'enabled', budgetTokens: 1024 } },
    });
  });
});
