import { describe, expect, it } from 'vitest';
import { apiUrl, rootUrl } from '../../../src/backends/openai/addresses.ts';
import { adjust, UNADJUSTED } from '../../../src/backends/openai/adjustments.ts';
import { toStopReason } from '../../../src/backends/openai/answer.ts';
import { cleanSchema } from '../../../src/backends/openai/clean-schema.ts';
import { modelFacts, toCapabilities } from '../../../src/backends/openai/facts.ts';
import { createKeyRing } from '../../../src/backends/openai/keys.ts';
import { readModelList } from '../../../src/backends/openai/listing.ts';
import { readChunk } from '../../../src/backends/openai/protocol.ts';
import { readError } from '../../../src/backends/openai/said-error.ts';
import { serverKindOf } from '../../../src/backends/openai/server.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { request, said } from '../../support/requests.ts';
import { entry } from './peers.ts';
import { covers } from '../../support/covers.ts';

describe('a base URL', () => {
  covers('R4.2-url');

  it.each([
    ['http://h:8000', 'http://h:8000/v1/chat/completions', 'http://h:8000/props'],
    ['http://h:8000/', 'http://h:8000/v1/chat/completions', 'http://h:8000/props'],
    ['http://h:8000/v1', 'http://h:8000/v1/chat/completions', 'http://h:8000/props'],
    ['http://h/a/v1/', 'http://h/a/v1/chat/completions', 'http://h/a/props'],
    ['http://h/a', 'http://h/a/v1/chat/completions', 'http://h/a/props'],
    ['http://h/v1/chat/completions', 'http://h/v1/chat/completions', 'http://h/props'],
    [
      'http://h/v1?api-version=2',
      'http://h/v1/chat/completions?api-version=2',
      'http://h/props?api-version=2',
    ],
    [
      'https://h/v1beta/openai',
      'https://h/v1beta/openai/chat/completions',
      'https://h/v1beta/openai/props',
    ],
  ])('%s', (url, api, root) => {
    expect(apiUrl(url, 'chat/completions')).toBe(api);
    expect(rootUrl(url, 'props')).toBe(root);
  });
});

describe('the kind of a server', () => {
  covers('R4.2-server');

  it.each([
    ['llamacpp', 'llama-server'],
    ['vllm', 'vllm'],
    ['sglang', 'sglang'],
    ['organization_owner', 'lm-studio'],
    ['openai', 'openai'],
    ['somebody', 'other'],
    [undefined, 'other'],
  ])('models of %s are those of %s', (owner, kind) => {
    expect(serverKindOf([owner])).toBe(kind);
  });

  it('is looked for among all its models', () => {
    expect(serverKindOf(['user-x', 'system', 'openai-internal'])).toBe('openai');
    expect(serverKindOf([])).toBe('other');
  });
});

describe('the capabilities of a model', () => {
  covers('R4.2-capabilities');

  const models = readModelList({
    data: [
      { id: 'other', owned_by: 'vllm', max_model_len: 1 },
      { id: 'mini', owned_by: 'vllm', max_model_len: 4096 },
    ],
  });
  const props = (template: string) => ({ contextTokens: 8192, images: true, template });

  it.each([
    [
      'by the list of a vLLM',
      { kind: 'vllm', models, props: undefined },
      {},
      {
        contextTokens: 4096,
        thinking: 'switchable',
        tools: 'enforced',
        images: false,
        exactCount: true,
      },
    ],
    [
      'within the entry’s context',
      { kind: 'vllm', models, props: undefined },
      { context: 1000 },
      { contextTokens: 1000 },
    ],
    [
      'within the server’s context',
      { kind: 'vllm', models, props: undefined },
      { context: 9000 },
      { contextTokens: 4096 },
    ],
    [
      'by the entry alone',
      { kind: 'other', models: [], props: undefined },
      { context: 200_000, images: true, thinking: 'effort' },
      {
        contextTokens: 200_000,
        images: true,
        thinking: 'always',
        tools: 'auto',
        exactCount: false,
      },
    ],
    [
      'by defaults, if no source reports them',
      { kind: 'other', models: [], props: undefined },
      {},
      { contextTokens: 32_768, images: false, thinking: 'none' },
    ],
    [
      'by llama-server’s properties',
      { kind: 'llama-server', models: [], props: props('{{ enable_thinking }}') },
      {},
      { contextTokens: 8192, images: true, thinking: 'switchable' },
    ],
    [
      'by a template with an effort',
      { kind: 'llama-server', models: [], props: props('{{ reasoning_effort }}') },
      {},
      { thinking: 'always' },
    ],
    [
      'by a template that begins to think',
      { kind: 'llama-server', models: [], props: props('<think>') },
      {},
      { thinking: 'always' },
    ],
    [
      'by a template that never does',
      { kind: 'llama-server', models: [], props: props('x') },
      {},
      { thinking: 'none' },
    ],
  ] as const)('%s', (_name, server, spec, capabilities) => {
    const facts = modelFacts(entry('http://x', spec), { ...server, models: server.models ?? [] });
    expect(toCapabilities(facts)).toMatchObject(capabilities);
  });

  it('are refused with a template, which its server would not follow', () => {
    const server = { kind: 'other', models: [], props: undefined } as const;
    expect(() => modelFacts(entry('http://x', { template: 'x' }), server)).toThrow(
      /has a template/,
    );
  });
});

describe('a schema for strict servers', () => {
  covers('R4.2-schemas');

  it.each<readonly [string, JsonObject, JsonObject]>([
    [
      'stays unchanged if it is clean',
      {
        type: 'object',
        properties: { a: { type: 'string', enum: ['x'] } },
        required: ['a'],
        additionalProperties: false,
      },
      {
        type: 'object',
        properties: { a: { type: 'string', enum: ['x'] } },
        required: ['a'],
        additionalProperties: false,
      },
    ],
    [
      'moves its limits into the description',
      { type: 'string', description: 'A name.', minLength: 1, pattern: '^a' },
      { type: 'string', description: 'A name. (minLength: 1, pattern: "^a")' },
    ],
    [
      'loses what has no words',
      { $schema: 'x', $id: 'y', type: 'object', propertyNames: {}, if: {}, else: {} },
      { type: 'object' },
    ],
    [
      'has other words for the same',
      { oneOf: [{ const: 1 }, true] },
      { anyOf: [{ enum: [1] }, true] },
    ],
    [
      'is cleaned all through',
      { $defs: { a: { format: 'uri' } }, items: { allOf: [{ $ref: '#/$defs/a', maximum: 2 }] } },
      {
        $defs: { a: { description: '(format: "uri")' } },
        items: { allOf: [{ $ref: '#/$defs/a', description: '(maximum: 2)' }] },
      },
    ],
    [
      'keeps properties that are named like keywords',
      { properties: { format: { type: 'string' }, pattern: true } },
      { properties: { format: { type: 'string' }, pattern: true } },
    ],
  ])('%s', (_name, schema, cleaned) => {
    expect(cleanSchema(schema)).toEqual(cleaned);
    expect(cleanSchema(cleaned)).toEqual(cleaned);
  });
});

describe('a refusal', () => {
  covers('R4.2-adjust');

  const tools = [
    { name: 'f', description: '', inputSchema: {}, origin: { kind: 'custom' }, deferred: false },
  ] as const;
  const turns = [
    ...said('Hi'),
    { role: 'assistant', parts: [{ kind: 'tool-call', id: 'a', name: 'f', input: {} }] },
    { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', output: [], isError: false }] },
    { role: 'system', parts: [{ kind: 'text', text: 's' }] },
  ] as const;
  const conversation = { system: [], turns, tools };
  const asked = request(entry('http://x'), turns, { conversation });

  it.each([
    [
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'completionTokens',
    ],
    ['Tool call IDs should be alphanumeric strings with length 9!', 'shortIds'],
    ['System message must be at the beginning.', 'systemFirst'],
    ['Only the first message can have the system role', 'systemFirst'],
    ["Invalid schema for function 'f': 'minLength' is not permitted.", 'cleanSchemas'],
    [
      'Unable to generate parser for this template. Automatic parser generation failed: JSON schema error at #: unsupported $ref http://x',
      'cleanSchemas',
    ],
    ['The provided JSON schema contains features not supported by xgrammar.', 'cleanSchemas'],
  ] as const)('%s', (message, name) => {
    const error = { message, code: '' };
    const adjusted = adjust(UNADJUSTED, error, asked);
    expect(adjusted).toEqual({ ...UNADJUSTED, [name]: true });
    expect(adjusted && adjust(adjusted, error, asked)).toBeUndefined();
  });

  it.each([
    ['a demanded call', { toolChoice: { mode: 'any', parallel: true } } as const],
    [
      'a strict tool',
      { conversation: { ...conversation, tools: [{ ...tools[0], strict: true }] } } as const,
    ],
  ])('of a schema first makes tools loose: %s', (_what, changes) => {
    const error = { message: "Invalid grammar specification: 'triggers'", code: '' };
    const strict = request(entry('http://x'), turns, { conversation, ...changes });
    const loose = adjust(UNADJUSTED, error, strict);
    expect(loose).toEqual({ ...UNADJUSTED, looseTools: true });
    expect(loose && adjust(loose, error, strict)).toEqual({ ...loose, cleanSchemas: true });
  });

  it('without a remedy stays a refusal', () => {
    const plain = request(entry('http://x'), said('Hi'));
    const about = (message: string) => adjust(UNADJUSTED, { message, code: '' }, plain);
    expect(about('temperature must be at most 1')).toBeUndefined();
    expect(about('Invalid schema')).toBeUndefined();
  });
});

describe('the stop reason of an answer', () => {
  covers('R4.2-stream');

  it.each([
    ['stop', 0, false, 'end-turn'],
    ['stop', 1, false, 'tool-use'],
    ['eos', 0, false, 'end-turn'],
    ['tool_calls', 2, false, 'tool-use'],
    ['tool_calls', 0, false, 'tool-use'],
    ['length', 1, false, 'max-tokens'],
    ['length', 0, true, 'context-exceeded'],
    ['model_length', 0, false, 'context-exceeded'],
    ['content_filter', 0, false, 'refusal'],
    ['a new word', 0, false, 'end-turn'],
  ])('%s, with %i calls, short: %s, is %s', (reason, calls, short, wire) => {
    expect(toStopReason(reason, { calls, short })).toBe(wire);
  });

  it.each(['error', 'abort', 'insufficient_system_resource'])('%s is not one', (reason) => {
    expect(() => toStopReason(reason, { calls: 0, short: false })).toThrow(`"${reason}"`);
  });
});

describe('an event', () => {
  covers('R4.2-stream', 'R4.2-fault');

  const delta = (fields: object) => readChunk({ choices: [{ delta: fields }] });

  it.each([
    ['of both names of thinking', { reasoning: 'a', reasoning_content: 'a' }, { thinking: 'a' }],
    [
      'of Mistral’s blocks',
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'a' }] },
          { type: 'text', text: 'b' },
        ],
      },
      { thinking: 'a', text: 'b' },
    ],
    [
      'of arguments as an object',
      { tool_calls: [{ id: '', function: { name: 'f', arguments: { a: 1 } } }] },
      { calls: [{ index: undefined, id: undefined, name: 'f', json: '{"a":1}' }] },
    ],
    [
      'of arguments by another name',
      { tool_calls: [{ function: { name: 'f', parameters: { a: 1 } } }] },
      { calls: [{ name: 'f', json: '{"a":1}' }] },
    ],
    [
      'of a call without a function around it',
      { tool_calls: [{ index: 0, name: 'f', arguments: '{"a":1}' }] },
      { calls: [{ index: 0, name: 'f', json: '{"a":1}' }] },
    ],
    ['of nothing', {}, { text: '', thinking: '', calls: [], finishReason: undefined }],
  ])('%s', (_name, fields, chunk) => {
    expect(delta(fields)).toMatchObject(chunk);
  });

  it.each([undefined, 'text', [], {}, { choices: [{ delta: { content: 1 } }] }, { choices: 'no' }])(
    'is none: %j',
    (value) => {
      expect(readChunk(value)).toBeUndefined();
    },
  );
});

describe('an error', () => {
  covers('R4.2-failure');

  it.each([
    [{ error: 'a' }, 'a'],
    [{ error: { message: 'a', code: 4, type: null } }, 'a'],
    [[{ error: { message: 'a', status: 'INVALID' } }], 'a'],
    [{ object: 'error', message: 'a', code: 400 }, 'a'],
    [{ detail: 'a' }, 'a'],
    [
      {
        detail: [
          { loc: ['body', 0], msg: 'a' },
          { loc: [], msg: 'b' },
        ],
      },
      'body.0: a; : b',
    ],
    [{ choices: [] }, undefined],
    [{ error: {} }, undefined],
    ['text', undefined],
  ])('%j says %s', (value, message) => {
    expect(readError(value)?.message).toBe(message);
  });
});

describe('the keys of a variable', () => {
  covers('R4.2-keys');

  const variables: Record<string, string> = { K: 'a', K_1: 'b', K_2: 'c\n', K_4: 'd', L_1: 'e' };
  const ring = () => createKeyRing(async (name) => variables[name]);

  it('are all that are numbered in a row', async () => {
    expect(await ring().keys('K')).toEqual(['a', 'b', 'c']);
    expect(await ring().keys('L')).toEqual(['e']);
  });

  it('begin with the one that last worked', async () => {
    const keys = ring();
    keys.worked('K', 'b');
    expect(await keys.keys('K')).toEqual(['b', 'c', 'a']);
    keys.worked('K', 'gone');
    expect(await keys.keys('K')).toEqual(['a', 'b', 'c']);
  });

  it('are missed by the variable’s name', async () => {
    await expect(ring().keys('M')).rejects.toThrow(/M is not set.*\.env/);
  });
});
