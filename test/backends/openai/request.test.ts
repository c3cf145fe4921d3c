import { describe, expect, it } from 'vitest';
import { UNADJUSTED } from '../../../src/backends/openai/adjustments.ts';
import type { Adjustments } from '../../../src/backends/openai/adjustments.ts';
import { modelFacts } from '../../../src/backends/openai/facts.ts';
import { toChatBody, toPromptBody, unsentSampling } from '../../../src/backends/openai/request.ts';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolChoice, ToolSpec } from '../../../src/core/conversation.ts';
import type { OpenAiSpec, ServerKind } from '../../../src/backends/openai/spec.ts';
import { finish } from '../../../src/core/steps.ts';
import { request, said } from '../../support/requests.ts';
import { entry } from './peers.ts';
import { covers } from '../../support/covers.ts';

interface Asked {
  readonly kind?: ServerKind;
  readonly spec?: Partial<OpenAiSpec>;
  readonly changes?: Partial<GenerationRequest>;
  readonly tools?: readonly ToolSpec[];
  readonly texts?: readonly string[];
  readonly adjustments?: Partial<Adjustments>;
}

function prepare({ kind = 'other', spec = {}, changes = {}, tools = [], texts = ['Hi'] }: Asked) {
  const model = entry('http://x', spec);
  const facts = modelFacts(model, { kind, models: [], props: undefined });
  const turns = said(...texts);
  const conversation = { system: [], turns, tools };
  return { facts, asked: request(model, turns, { conversation, ...changes }) };
}

function body(options: Asked) {
  const { facts, asked } = prepare(options);
  const adjustments = { ...UNADJUSTED, ...options.adjustments };
  return toChatBody(asked, finish(toPromptBody(asked, facts, adjustments)), facts, adjustments);
}

const SCHEMA = { type: 'object', properties: { a: { type: 'string', minLength: 2 } } };
const CLEAN = {
  type: 'object',
  properties: { a: { type: 'string', description: '(minLength: 2)' } },
};

function tool(name: string): ToolSpec {
  return {
    name,
    description: `does ${name}`,
    inputSchema: SCHEMA,
    origin: { kind: 'custom' },
    deferred: false,
  };
}

function sent(name: string, parameters: object = SCHEMA) {
  return { type: 'function', function: { name, description: `does ${name}`, parameters } };
}

describe('the body of a chat completion', () => {
  covers('R4.2-stream', 'R4.2-entry', 'R4.2-usage', 'R4.2-sampling', 'R4.2-adjust', 'R4.2-stop');

  it('has only OpenAI’s own fields for an unknown server', () => {
    expect(body({ spec: { name: 'ours', upstream: 'theirs' } })).toEqual({
      model: 'theirs',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 200,
      temperature: 0,
    });
    expect(body({ spec: { server: 'other' }, kind: 'openai' })).toMatchObject({
      max_completion_tokens: 200,
    });
  });

  it.each([
    ['llama-server', { timings_per_token: true, return_progress: true }],
    ['vllm', { stream_options: { include_usage: true, continuous_usage_stats: true } }],
    ['sglang', { stream_options: { include_usage: true, continuous_usage_stats: true } }],
  ] as const)('requests counts during the stream from %s', (kind, fields) => {
    expect(body({ kind })).toMatchObject(fields);
  });

  it.each([
    ['llama-server', true],
    ['vllm', true],
    ['sglang', true],
    ['lm-studio', true],
    ['openai', false],
    ['other', false],
  ] as const)('for %s has top_k and min_p: %s', (kind, taken) => {
    const spec = { sampling: { topK: 40, temperature: 1 } };
    const changes = { sampling: { temperature: 0.5, topP: 0.9, minP: 0.1, seed: 7 } };
    const common = { temperature: 0.5, top_p: 0.9, seed: 7 };
    const asked = body({ kind, spec, changes });
    expect(asked).toMatchObject(taken ? { ...common, top_k: 40, min_p: 0.1 } : common);
    expect('top_k' in asked).toBe(taken);
    const { facts, asked: bound } = prepare({ kind, spec, changes });
    expect(unsentSampling(bound, facts)).toEqual(taken ? [] : ['top_k', 'min_p']);
  });

  it('asks for at least one token, at most what is left, under either name', () => {
    expect(body({ changes: { maxTokens: 0 } })).toMatchObject({ max_tokens: 1 });
    expect(body({ adjustments: { maxTokens: 9 } })).toMatchObject({ max_tokens: 9 });
    const renamed = body({ adjustments: { completionTokens: true } });
    expect(renamed).toMatchObject({ max_completion_tokens: 200 });
    expect(renamed).not.toHaveProperty('max_tokens');
  });

  it('sends no stop sequences: they are looked for here', () => {
    expect(body({ changes: { stopSequences: ['x'] } })).not.toHaveProperty('stop');
  });

  it.each([
    ['vllm', true],
    ['sglang', true],
    ['llama-server', false],
  ] as const)('makes %s continue a last answer: %s', (kind, continues) => {
    const flags = { add_generation_prompt: false, continue_final_message: true };
    const asked = body({ kind, texts: ['Hi', 'Hel'] });
    if (continues) expect(asked).toMatchObject(flags);
    else expect(asked).not.toHaveProperty('continue_final_message');
    expect(body({ kind })).not.toHaveProperty('continue_final_message');
  });
});

describe('tools', () => {
  covers('R4.2-choice', 'R4.2-format', 'R4.2-schemas');

  const tools = [tool('look'), tool('go')];
  const choose = (toolChoice: ToolChoice, kind: ServerKind = 'vllm') =>
    body({ kind, tools, changes: { toolChoice } });

  it.each([
    [{ mode: 'auto', parallel: true }, 'auto'],
    [{ mode: 'any', parallel: false }, 'required'],
    [
      { mode: 'tool', name: 'go', parallel: true },
      { type: 'function', function: { name: 'go' } },
    ],
  ] as const)('are sent with the choice %o', (toolChoice, tool_choice) => {
    expect(choose(toolChoice)).toMatchObject({
      tools: [sent('look'), sent('go')],
      tool_choice,
      parallel_tool_calls: toolChoice.parallel,
    });
  });

  it('are narrowed to the named one for llama-server, which ignores the name', () => {
    expect(choose({ mode: 'tool', name: 'go', parallel: true }, 'llama-server')).toMatchObject({
      tools: [sent('go')],
      tool_choice: 'required',
    });
  });

  it.each([
    ['vllm', 'auto', [undefined, true]],
    ['vllm', 'any', [true, true]],
    ['sglang', 'any', [true, true]],
    ['openai', 'any', [undefined, true]],
    ['llama-server', 'any', [undefined, undefined]],
    ['other', 'any', [undefined, undefined]],
  ] as const)('are strict if asked for, or demanded, for %s with %s: %j', (kind, mode, strict) => {
    const strictTools = [tool('look'), { ...tool('go'), strict: true as const }];
    const changes = { toolChoice: { mode, parallel: true } };
    const strictOf = (asked: object) =>
      (asked as { tools: { function: { strict?: boolean } }[] }).tools.map(
        ({ function: { strict: is } }) => is,
      );
    expect(strictOf(body({ kind, tools: strictTools, changes }))).toEqual(strict);
    const loose = body({ kind, tools: strictTools, changes, adjustments: { looseTools: true } });
    expect(strictOf(loose)).toEqual([undefined, undefined]);
  });

  it('are not sent if none may be called, or there are none', () => {
    for (const asked of [choose({ mode: 'none' }), body({})]) {
      expect(Object.keys(asked).filter((key) => key.includes('tool'))).toEqual([]);
    }
  });

  it('have clean schemas if a server needs them, and so has the response format', () => {
    const changes = { outputSchema: SCHEMA };
    const format = (schema: object) => ({
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema },
    });
    expect(body({ tools, changes })).toMatchObject({ response_format: format(SCHEMA) });
    expect(body({ tools, changes, adjustments: { cleanSchemas: true } })).toMatchObject({
      tools: [sent('look', CLEAN), sent('go', CLEAN)],
      response_format: format(CLEAN),
    });
  });
});

describe('the thinking setting', () => {
  covers('R4.2-thinking');

  const disabled = { mode: 'disabled' } as const;
  const adaptive = { mode: 'adaptive' } as const;
  const kwargs = (fields: object) => ({ chat_template_kwargs: fields });

  it.each([
    ['none', 'vllm', adaptive, 'high', {}],
    ['always', 'vllm', disabled, undefined, {}],
    ['switch', 'vllm', disabled, 'high', kwargs({ enable_thinking: false, thinking: false })],
    ['switch', 'vllm', adaptive, undefined, kwargs({ enable_thinking: true, thinking: true })],
    [
      'switch',
      'llama-server',
      adaptive,
      'xhigh',
      kwargs({ enable_thinking: true, thinking: true, reasoning_effort: 'high' }),
    ],
    ['effort', 'openai', adaptive, undefined, { reasoning_effort: 'medium' }],
    ['effort', 'openai', adaptive, 'max', { reasoning_effort: 'high' }],
    ['effort', 'vllm', disabled, 'high', { reasoning_effort: 'low' }],
    ['effort', 'llama-server', adaptive, 'low', kwargs({ reasoning_effort: 'low' })],
  ] as const)('by %s, on %s, %o, effort %s', (...row) => {
    const [thinking, kind, mode, effort, fields] = row;
    const changes = { thinking: mode, ...(effort && { effort }) };
    const { chat_template_kwargs, reasoning_effort } = body({ kind, spec: { thinking }, changes });
    expect({
      ...(chat_template_kwargs !== undefined && { chat_template_kwargs }),
      ...(reasoning_effort !== undefined && { reasoning_effort }),
    }).toEqual(fields);
  });
});
