import { describe, expect, it } from 'vitest';
import { encodeFailure } from '../../../src/wires/anthropic/errors.ts';
import { decode, refusal } from './decoding.ts';
import { covers } from '../../support/covers.ts';

const lookup = { name: 'look', description: 'Looks.', input_schema: { type: 'object' } };
const custom = { kind: 'custom' };

describe('the decoder of tools', () => {
  covers('R2.4-blocks');

  it.each([
    [
      'a custom tool',
      lookup,
      { name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, origin: custom },
    ],
    ['a tool of type custom', { ...lookup, type: 'custom', strict: true }, { origin: custom }],
    ['a deferred tool', { ...lookup, defer_loading: true }, { deferred: true }],
    [
      'bash',
      { type: 'bash_20250124', name: 'bash' },
      { name: 'bash', origin: { kind: 'client', type: 'bash_20250124', settings: {} } },
    ],
    [
      'the text editor',
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool', max_characters: 9 },
      { origin: { kind: 'client', type: 'text_editor_20250728', settings: { max_characters: 9 } } },
    ],
    ['memory', { type: 'memory_20250818', name: 'memory' }, { name: 'memory' }],
    [
      'a computer toolset',
      { type: 'computer_toolset_20260801', configs: null },
      { name: 'computer' },
    ],
    [
      'web search',
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 3,
        cache_control: { type: 'ephemeral' },
      },
      {
        name: 'web_search',
        origin: { kind: 'server', type: 'web_search_20250305', settings: { max_uses: 3 } },
      },
    ],
    [
      'an MCP toolset',
      { type: 'mcp_toolset', mcp_server_name: 'db' },
      {
        name: 'db',
        origin: { kind: 'server', type: 'mcp_toolset', settings: { mcp_server_name: 'db' } },
      },
    ],
    [
      'a version that is newer than those of this server',
      { type: 'code_execution_20991231', name: 'code_execution' },
      { origin: { kind: 'server', type: 'code_execution_20991231', settings: {} } },
    ],
  ])('decodes %s', (_name, tool, spec) => {
    expect(decode({ tools: [tool] }).request.conversation.tools).toMatchObject([spec]);
  });

  it('keeps the order of tools', () => {
    const tools = ['c', 'a', 'b'].map((name) => ({ ...lookup, name }));
    const decoded = decode({ tools }).request.conversation.tools;
    expect(decoded.map(({ name }) => name)).toEqual(['c', 'a', 'b']);
  });

  it('accepts schemas as agents write them', () => {
    const input_schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        url: { type: 'string', format: 'uri' },
        any: {},
        count: { type: ['integer', 'null'], exclusiveMinimum: 0 },
        kind: { anyOf: [{ const: 'a' }, { enum: ['b', 1, null] }] },
        pair: { type: 'array', items: [{ type: 'string' }, true] },
        map: { type: 'object', propertyNames: { pattern: '^a' }, additionalProperties: {} },
      },
      required: ['url'],
      additionalProperties: false,
    };
    const [tool] = decode({ tools: [{ ...lookup, input_schema }] }).request.conversation.tools;
    expect(tool?.inputSchema).toEqual(input_schema);
  });

  it('adds a tool that the conversation defines as a deferred tool', () => {
    const addition = (definition: object): object => ({
      role: 'system',
      content: [{ type: 'tool_addition', tool: { type: 'tool_definition', definition } }],
    });
    const messages = [{ role: 'user', content: 'hi' }, addition(lookup), addition(lookup)];
    expect(decode({ messages }).request.conversation).toMatchObject({
      tools: [{ name: 'look', deferred: true }],
      turns: [
        { role: 'user' },
        { role: 'system', parts: [{ kind: 'tool-change', change: 'added', name: 'look' }, {}] },
      ],
    });
    const other = { ...lookup, description: 'Other.' };
    const failure = refusal(() => decode({ messages, tools: [other] }));
    expect(failure.message).toMatch(/^messages\.1\.content\.0.*'look' already exists/);
  });

  it.each([
    [undefined, { mode: 'auto', parallel: true }],
    [
      { type: 'auto', disable_parallel_tool_use: true },
      { mode: 'auto', parallel: false },
    ],
    [{ type: 'any' }, { mode: 'any', parallel: true }],
    [
      { type: 'tool', name: 'look' },
      { mode: 'tool', name: 'look', parallel: true },
    ],
    [{ type: 'none' }, { mode: 'none' }],
  ])('decodes tool_choice %j', (tool_choice, choice) => {
    expect(decode({ tools: [lookup], tool_choice }).request.toolChoice).toEqual(choice);
  });
});

describe('the decoder of options', () => {
  covers(
    'R2.5-thinking',
    'R2.5-sampling',
    'R2.4-blocks',
    'R2.5-max-tokens-zero',
    'R2.10-claude-names',
    'R5.6-session',
  );

  it.each([
    [undefined, { mode: 'disabled' }, 'full'],
    [{ type: 'disabled' }, { mode: 'disabled' }, 'full'],
    [{ type: 'adaptive' }, { mode: 'adaptive' }, 'full'],
    [{ type: 'between_tools' }, { mode: 'disabled' }, 'full'],
    [{ type: 'adaptive', display: 'omitted' }, { mode: 'adaptive' }, 'omitted'],
    [
      { type: 'enabled', budget_tokens: 2000, display: 'summarized' },
      { mode: 'enabled', budgetTokens: 2000 },
      'full',
    ],
  ])('decodes thinking %j', (thinking, mode, display) => {
    const decoded = decode({ max_tokens: 4096, thinking });
    expect([decoded.request.thinking, decoded.thinkingDisplay]).toEqual([mode, display]);
  });

  it('decodes temperature, top_p and top_k, with null as absent', () => {
    expect(decode({ temperature: 0, top_p: 0.5, top_k: 40 }).request.sampling).toEqual({
      temperature: 0,
      topP: 0.5,
      topK: 40,
    });
    expect(decode({ temperature: null, top_p: null, top_k: null }).request.sampling).toEqual({});
  });

  it.each(['output_config', 'output_format'])('decodes a schema in %s', (field) => {
    const schema = {
      type: 'object',
      properties: { object: { type: 'string', enum: ['object'] } },
      additionalProperties: false,
    };
    const format = { type: 'json_schema', schema };
    const value = field === 'output_config' ? { format, effort: 'xhigh' } : format;
    expect(decode({ [field]: value }).request.outputSchema).toEqual(schema);
  });

  it('decodes max_tokens 0 and the other plain fields', () => {
    const decoded = decode({
      max_tokens: 0,
      stream: true,
      stop_sequences: ['END', '---'],
      output_config: { effort: 'low' },
    });
    expect(decoded).toMatchObject({
      modelName: 'mini',
      stream: true,
      ignored: ['output_config.effort'],
      request: { maxTokens: 0, stopSequences: ['END', '---'], effort: 'low' },
    });
    expect(decoded.request).not.toHaveProperty('outputSchema');
  });

  it('reads the session from metadata and headers', () => {
    const headers = { 'x-claude-code-session-id': 's', 'x-claude-code-agent-id': 'a' };
    const metadata = { user_id: 'u' };
    expect(decode({ metadata }, headers).request.session).toEqual({
      user: 'u',
      session: 's',
      agent: 'a',
    });
    expect(decode({ metadata: {} }).request.session).toEqual({});
  });

  const json = JSON.stringify({ device_id: 'd', account_uuid: '', session_id: 's' });
  it.each([
    [json, {}, { user: 'd', session: 's' }],
    [
      json,
      { 'user-agent': 'claude-cli/2.0 (x)' },
      { user: 'd', session: 's', client: 'claude-cli' },
    ],
    [json, { 'user-agent': '<b>/1' }, { user: 'd', session: 's' }],
    [json, { 'x-claude-code-session-id': 'h' }, { user: 'd', session: 'h' }],
    [json, { 'x-claude-code-session-id': ' ' }, { user: 'd', session: 's' }],
    ['{"session_id":"s"}', {}, { user: '{"session_id":"s"}', session: 's' }],
    ['{"device_id":7,"session_id":""}', {}, { user: '{"device_id":7,"session_id":""}' }],
    ['{"session_id":"s"', {}, { user: '{"session_id":"s"' }],
    ['user-7', {}, { user: 'user-7' }],
  ])('decodes user id %s with headers %j as %j', (userId, headers, session) => {
    expect(decode({ metadata: { user_id: userId } }, headers).request.session).toEqual(session);
  });
});

describe('a field without an effect on this server', () => {
  covers('R2.4-ignored', 'R2.4-refused', 'R3.8-dialects');

  it('is accepted and logged if the API or its betas know it', () => {
    const decoded = decode({
      cache_control: { type: 'ephemeral' },
      service_tier: 'auto',
      safeguards: {},
      container: 'container_1',
      thread: { type: 'create' },
      speed: null,
      output_config: { task_budget: { type: 'tokens', total: 5 } },
    });
    expect(decoded.ignored).toEqual([
      'service_tier',
      'safeguards',
      'container',
      'thread',
      'output_config.task_budget',
    ]);
  });

  it('is accepted only with a beta header if it is unknown', () => {
    const headers = { 'anthropic-beta': 'dreams-2027-01-01' };
    expect(decode({ dreams: {} }, headers).ignored).toEqual(['dreams']);
    const failure = refusal(() => decode({ dreams: {} }, { 'anthropic-beta': '' }));
    expect(failure.message).toBe('dreams: Extra inputs are not permitted');
  });

  it.each([['container', { container: { skills: [{ type: 'anthropic', skill_id: 'pptx' }] } }]])(
    'is refused by name if it would change the answer: %s',
    (field, fields) => {
      const failure = refusal(() => decode(fields, { 'anthropic-beta': 'x' }));
      expect([failure.code, failure.message.split(':')[0]]).toEqual(['unsupported', field]);
    },
  );

  it('is answered with thread_not_found for a thread, so that SDKs send the complete conversation', () => {
    const thread = { type: 'continue', previous_message_id: 'msg_1' };
    const failure = refusal(() => decode({ thread }));
    expect(encodeFailure(failure, 'req_1')).toMatchObject({
      status: 404,
      body: { error: { type: 'not_found_error', details: { error_code: 'thread_not_found' } } },
    });
  });
});
