import Anthropic from 'anthropic-sdk-1';
import type { APIError } from 'anthropic-sdk-1';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { isAddonMissing } from '../backends/local/runners/llama-node/seeing.ts';
import { post, request } from '../support/messages-api.ts';
import { claiming } from '../support/pictures.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

let server: RunningServer;
let client: Anthropic;
beforeAll(async () => {
  server = await sharedServer();
  client = new Anthropic({ baseURL: server.url, apiKey: 'any key', maxRetries: 0 });
});

/** The error that the newest SDK makes of a refusal: its class goes by the error code. */
async function refusalOf(more: Readonly<Record<string, unknown>>): Promise<APIError> {
  const body = request('Hello', more) as Anthropic.MessageCreateParamsNonStreaming;
  const error: unknown = await client.messages.create(body).catch((failure: unknown) => failure);
  if (error instanceof Anthropic.APIError) return error;
  throw new Error('The request was not refused.');
}

const look = (description: string) => ({
  name: 'look',
  description,
  input_schema: { type: 'object' },
});
const changing = (type: string, tool: object) => ({
  messages: [
    { role: 'user', content: 'Hello' },
    { role: 'system', content: [{ type, tool }] },
    { role: 'user', content: 'Hello' },
  ],
});

/** A conversation in which a tool's result refers to a tool. */
const referring = (name: string) => [
  { role: 'user', content: 'Hello' },
  { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_a', name: 'find', input: {} }] },
  {
    role: 'user',
    content: [
      {
        type: 'tool_result',
        tool_use_id: 'toolu_a',
        content: [{ type: 'tool_reference', tool_name: name }],
      },
    ],
  },
];
const find = { name: 'find', input_schema: { type: 'object' } };

describe('error codes, as the newest SDK reads them', () => {
  it.each([
    [
      'a removed tool that is not defined',
      'tool_reference_unresolved',
      changing('tool_removal', { type: 'tool_reference', name: 'look' }),
    ],
    [
      'an added tool that is not defined',
      'tool_reference_unresolved',
      changing('tool_addition', { type: 'tool_reference', name: 'look' }),
    ],
    [
      'a tool in a result that is not defined',
      'tool_reference_unresolved',
      { tools: [find], messages: referring('look') },
    ],
    [
      'a tool in a result that is defined after it',
      'tool_reference_unresolved',
      {
        tools: [find],
        messages: [
          ...referring('look'),
          {
            role: 'system',
            content: [
              {
                type: 'tool_addition',
                tool: { type: 'tool_definition', definition: look('Looks') },
              },
            ],
          },
          { role: 'user', content: 'Hello' },
        ],
      },
    ],
    [
      'more than 10,000 tools',
      'available_tools_limit_exceeded',
      { tools: Array.from({ length: 10_001 }, (_, index) => ({ ...find, name: `find_${index}` })) },
    ],
    [
      'an added tool with the name of another',
      'tool_name_conflict',
      {
        tools: [look('Looks up')],
        ...changing('tool_addition', { type: 'tool_definition', definition: look('Looks down') }),
      },
    ],
    [
      'a thread',
      'thread_not_found',
      { thread: { type: 'continue', previous_message_id: 'msg_1' } },
    ],
  ])('%s: %s', async (_what, code, more) => {
    const error = await refusalOf(more);
    expect(error.errorCode).toBe(code);
    const className = code.replaceAll(/(?:^|_)(\w)/g, (_all, first: string) => first.toUpperCase());
    expect(error.constructor.name).toBe(`${className}Error`);
  });

  it.each([
    ['is deferred', { tools: [find, { ...look('Looks'), defer_loading: true }] }],
    ['is not deferred', { tools: [find, look('Looks')] }],
  ])('takes a reference to a tool that %s', async (_what, more) => {
    const body = request('Hello', { ...more, messages: referring('look'), max_tokens: 1 });
    expect((await post(`${server.url}/v1/messages`, body)).status).toBe(200);
  });

  it.skipIf(isAddonMissing())('images beyond 8000 pixels, with the place of each', async () => {
    const data = (await claiming(12_000, 12_000)).toString('base64');
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
    const call = { type: 'tool_use', id: 'toolu_a', name: 'look', input: {} };
    const result = { type: 'tool_result', tool_use_id: 'toolu_a', content: [image] };
    const inResult = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [call] },
      { role: 'user', content: [result] },
    ];
    const inMessage = [{ role: 'user', content: [{ type: 'text', text: 'Look' }, image] }];
    const several = [
      { role: 'user', content: [image, { type: 'text', text: 'Hello' }, image] },
      { role: 'assistant', content: [call] },
      { role: 'user', content: [result, image] },
    ];
    const errors = [
      await refusalOf({ messages: inMessage }),
      await refusalOf({ messages: inResult, tools: [look('Looks')] }),
      await refusalOf({ messages: several, tools: [look('Looks')] }),
    ];
    const details = { error_code: 'image_dimensions_too_large', max_side_length_pixels: 8000 };
    expect(errors.map((error) => error.details)).toEqual([
      { ...details, paths: ['messages.0.content.1'] },
      { ...details, paths: ['messages.2.content.0.content.0'] },
      {
        ...details,
        paths: [
          'messages.0.content.0',
          'messages.0.content.2',
          'messages.2.content.0.content.0',
          'messages.2.content.1',
        ],
      },
    ]);
    expect(errors[2]?.message).toContain('messages.0.content.0.image.source.base64');
  });

  const BIG = gzipSync('a'.repeat(33 * 1024 * 1024));
  it.each([
    ['an unknown encoding', 'zip', '{}', 'request_body_encoding_unsupported'],
    ['a body without its encoding', 'gzip', '{}', 'request_body_encoding_invalid'],
    ['a body that unpacks to 33 MB', 'gzip', BIG, 'request_body_too_large_after_decoding'],
  ])('%s', async (_what, encoding, body, code) => {
    const response = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-encoding': encoding },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    expect(await response.json()).toMatchObject({ error: { details: { error_code: code } } });
  });

  it('leaves details out if there is no code', async () => {
    const response = await post(`${server.url}/v1/messages`, request('Hello', { max_tokens: -1 }));
    const { error } = z.object({ error: z.looseObject({}) }).parse(await response.json());
    expect(error).not.toHaveProperty('details');
  });
});
