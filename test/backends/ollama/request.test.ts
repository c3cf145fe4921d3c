import { describe, expect, it } from 'vitest';
import { ollamaModelFacts, toOllamaCapabilities } from '../../../src/backends/ollama/facts.ts';
import {
  asksTwice,
  toChatRequest as writeChatRequest,
  toCountRequest as writeCountRequest,
  toThink,
  withoutKeepAlive,
} from '../../../src/backends/ollama/request.ts';
import { readDescription } from '../../../src/backends/ollama/protocol.ts';
import type { Effort, GenerationRequest } from '../../../src/core/backend.ts';
import { finish } from '../../../src/core/steps.ts';
import type { KeepAlive } from '../../../src/units/keep-alive.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { ask, modelSpec, toolSpec, turn } from './requests.ts';
import { covers } from '../../support/covers.ts';

const toChatRequest = (...input: Parameters<typeof writeChatRequest>) =>
  finish(writeChatRequest(...input));
const toCountRequest = (...input: Parameters<typeof writeCountRequest>) =>
  finish(writeCountRequest(...input));

const FACTS = {
  contextTokens: 100,
  thinking: 'none',
  tools: false,
  images: false,
  formatAfterThinking: false,
} as const;

function options(rest: Partial<GenerationRequest>, counted?: number, spec?: Partial<ModelSpec>) {
  return toChatRequest(ask(modelSpec('mini', spec), 'Hi', rest), FACTS, counted).options;
}

describe('a request for /api/chat', () => {
  covers(
    'R2.8-translate',
    'R2.8-context',
    'R2.5-greedy',
    'R2.5-sampling',
    'R2.5-clamp',
    'R2.5-stop',
    'R2.6-count-equals',
  );

  it('sets everything that Ollama would choose itself', () => {
    const spec = modelSpec('local', { upstream: 'mini:latest' });
    expect(toChatRequest(ask(spec, 'Hi'), FACTS)).toEqual({
      model: 'mini:latest',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      truncate: false,
      shift: false,
      options: { num_ctx: 100, num_predict: 64, temperature: 0 },
    });
  });

  it('prefers the request’s sampling to the registry’s', () => {
    const sampling = { temperature: 0.5, topP: 0.9, topK: 40, minP: 0.05, seed: 7 };
    const spec = { sampling: { temperature: 1, topK: 10, seed: 1 } };
    expect(options({ sampling }, undefined, spec)).toMatchObject({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      min_p: 0.05,
      seed: 7,
    });
    expect(options({ sampling: {} }, undefined, spec)).toMatchObject({
      temperature: 1,
      top_k: 10,
      seed: 1,
    });
    expect(options({ sampling: {} })).toEqual({ num_ctx: 100, num_predict: 64 });
  });

  it.each([
    { counted: undefined, predict: 64, why: 'max_tokens if the prompt is not counted' },
    { counted: 36, predict: 64, why: 'max_tokens if it fits' },
    { counted: 37, predict: 63, why: 'the rest of the context if max_tokens does not fit' },
    { counted: 100, predict: 1, why: 'one token if nothing is left: 0 would mean no limit' },
  ])('predicts $why', ({ counted, predict }) => {
    expect(options({}, counted)).toMatchObject({ num_predict: predict });
  });

  it('keeps the model’s own stops, and requests logprobs for the client’s', () => {
    const request = toChatRequest(ask(modelSpec('mini'), 'Hi', { stopSequences: ['x'] }), FACTS);
    expect(request.options).not.toHaveProperty('stop');
    expect(request.logprobs).toBe(true);
  });

  it('counts the same prompt in the same context', () => {
    const request = ask(modelSpec('mini'), 'Hi', { stopSequences: ['x'] });
    const { logprobs: _, ...same } = toChatRequest(request, FACTS);
    expect(toCountRequest(request, FACTS)).toEqual({
      ...same,
      stream: false,
      options: { ...same.options, num_predict: 1 },
    });
  });
});

describe('the keep-alive of a model', () => {
  covers('R4.1-keep-alive');

  const keepAlive = (keepAliveMs: KeepAlive) => ask(modelSpec('mini', { keepAliveMs }), 'Hi');

  it.each([
    { wanted: 300_000, sent: '300000ms' },
    { wanted: 0, sent: '0ms' },
    { wanted: 'always', sent: -1 },
  ] as const)('$wanted is sent as $sent', ({ wanted, sent }) => {
    expect(toChatRequest(keepAlive(wanted), FACTS).keep_alive).toBe(sent);
    expect(toCountRequest(keepAlive(wanted), FACTS).keep_alive).toBe(sent);
  });

  it('is left to Ollama without an entry’s value, and between a count and its answer', () => {
    expect(toChatRequest(ask(modelSpec('mini'), 'Hi'), FACTS)).not.toHaveProperty('keep_alive');
    const counting = withoutKeepAlive(keepAlive(0));
    expect(toCountRequest(counting, FACTS)).not.toHaveProperty('keep_alive');
  });
});

describe('the tools of a request', () => {
  covers('R4.1-tools', 'R4.1-choice', 'R4.1-format');

  const conversation = {
    system: [],
    turns: [turn('user', 'Hi')],
    tools: [toolSpec('look', { type: 'object', properties: { at: { type: 'string' } } })],
  };
  const chat = (rest: Partial<GenerationRequest>) =>
    toChatRequest(ask(modelSpec('mini'), [], { conversation, ...rest }), { ...FACTS, tools: true });
  const outputSchema = { type: 'object' };
  const none = { mode: 'none' } as const;

  it('are offered with their schemas', () => {
    expect(chat({}).tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'look',
          description: 'It does look.',
          parameters: { type: 'object', properties: { at: { type: 'string' } } },
        },
      },
    ]);
  });

  it('are not offered if none may be called', () => {
    expect(chat({ toolChoice: none })).not.toHaveProperty('tools');
  });

  it('are refused beside a schema, which would keep the model from calling them', () => {
    expect(() => chat({ outputSchema })).toThrow(/mini call tools while .*set tool_choice to none/);
    expect(chat({ outputSchema, toolChoice: none }).format).toEqual(outputSchema);
  });
});

describe('a schema', () => {
  covers('R4.1-format', 'R2.6-count-equals');

  const disabled = { mode: 'disabled' } as const;
  const adaptive = { mode: 'adaptive' } as const;

  it.each([
    { thinking: 'none', late: false, mode: adaptive, think: undefined, twice: false },
    { thinking: 'switch', late: false, mode: disabled, think: false, twice: false },
    { thinking: 'switch', late: false, mode: adaptive, think: true, twice: true },
    { thinking: 'switch', late: true, mode: disabled, think: true, twice: true },
    { thinking: 'levels', late: true, mode: disabled, think: 'low', twice: true },
  ] as const)(
    'has a model of thinking $thinking, applied late: $late, asked with think $think when $mode.mode',
    ({ thinking, late, mode, think, twice }) => {
      const request = ask(modelSpec('mini'), 'Hi', { outputSchema: {}, thinking: mode });
      const facts = { ...FACTS, thinking, formatAfterThinking: late };
      expect(toChatRequest(request, facts).think).toBe(think);
      expect(toChatRequest(request, facts).format).toEqual({});
      expect(asksTwice(request, facts)).toBe(twice);
    },
  );

  it.each([
    { family: 'qwen3', parser: undefined, late: false },
    { family: 'qwen3', parser: 'qwen3', late: true },
    { family: 'gptoss', parser: undefined, late: true },
  ])('is applied late to $family with parser $parser: $late', ({ family, parser, late }) => {
    const description = readDescription({
      details: { family },
      parser,
      capabilities: ['thinking'],
    });
    expect(description && ollamaModelFacts(modelSpec('m'), description).formatAfterThinking).toBe(
      late,
    );
  });

  it('is left out of a count, as it is no part of the prompt', () => {
    const request = ask(modelSpec('mini'), 'Hi', { outputSchema: {} });
    expect(toCountRequest(request, FACTS)).not.toHaveProperty('format');
  });
});

describe('the think field', () => {
  covers('R2.8-thinking', 'R2.5-thinking');

  const adaptive = { mode: 'adaptive' } as const;
  const enabled = { mode: 'enabled', budgetTokens: 2048 } as const;
  const disabled = { mode: 'disabled' } as const;

  it.each([
    { control: 'none', mode: adaptive, effort: 'high', think: undefined },
    { control: 'none', mode: disabled, effort: undefined, think: undefined },
    { control: 'switch', mode: adaptive, effort: 'low', think: true },
    { control: 'switch', mode: enabled, effort: undefined, think: true },
    { control: 'switch', mode: disabled, effort: 'high', think: false },
    { control: 'levels', mode: adaptive, effort: undefined, think: 'medium' },
    { control: 'levels', mode: enabled, effort: 'low', think: 'low' },
    { control: 'levels', mode: enabled, effort: 'xhigh', think: 'high' },
    { control: 'levels', mode: adaptive, effort: 'max', think: 'high' },
    { control: 'levels', mode: disabled, effort: 'high', think: 'low' },
  ] as const)(
    '$control, $mode.mode, effort $effort: $think',
    ({ control, mode, effort, think }) => {
      expect(toThink(control, mode, effort satisfies Effort | undefined)).toBe(think);
    },
  );
});

describe('the context of a model', () => {
  covers('R2.8-context', 'R2.4-refused');

  const described = (length: number | undefined) => ({
    family: 'llama',
    capabilities: [],
    contextLength: length,
    ownParser: false,
  });

  it.each([
    { length: 8192, context: undefined, tokens: 8192 },
    { length: 262_144, context: undefined, tokens: 32_768 },
    { length: 262_144, context: 131_072, tokens: 131_072 },
    { length: 8192, context: 16_384, tokens: 8192 },
    { length: undefined, context: undefined, tokens: 32_768 },
    { length: undefined, context: 4096, tokens: 4096 },
  ])('trained for $length, set to $context: $tokens', ({ length, context, tokens }) => {
    const spec = modelSpec('mini', context === undefined ? {} : { context });
    expect(ollamaModelFacts(spec, described(length)).contextTokens).toBe(tokens);
  });

  it('refuses a template, which Ollama would not follow', () => {
    expect(() =>
      ollamaModelFacts(modelSpec('mini', { template: '{{ x }}' }), described(1)),
    ).toThrow(/mini has a template.*Modelfile/);
  });
});

describe('the capabilities from /api/show', () => {
  covers('R2.4-capabilities', 'R4.1-images');

  it.each([
    {
      family: 'qwen3',
      capabilities: ['completion', 'thinking'],
      thinking: 'switchable',
      tools: 'none',
    },
    {
      family: 'gptoss',
      capabilities: ['completion', 'thinking'],
      thinking: 'always',
      tools: 'none',
    },
    {
      family: 'llama',
      capabilities: ['completion', 'tools', 'vision'],
      thinking: 'none',
      tools: 'auto',
    },
  ])('of $family with $capabilities', ({ family, capabilities, thinking, tools }) => {
    const description = readDescription({
      details: { family },
      model_info: { 'general.architecture': family, [`${family}.context_length`]: 4096 },
      capabilities,
    });
    expect(description).toBeDefined();
    if (description === undefined) return;
    expect(toOllamaCapabilities(ollamaModelFacts(modelSpec('m'), description))).toEqual({
      contextTokens: 4096,
      maxContextTokens: 4096,
      thinking,
      tools,
      structuredOutput: true,
      images: capabilities.includes('vision'),
      documents: true,
      citations: true,
      exactCount: true,
    });
  });

  it('is undefined for anything but a description', () => {
    expect(readDescription({ error: 'no' })).toBeUndefined();
    expect(readDescription(undefined)).toBeUndefined();
  });
});
