import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { Turn } from '../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { findPeers } from '../../support/upstream/peers.ts';
import { ollama } from './peers.ts';
import { ask, collect, modelSpec, toolSpec, turn } from './requests.ts';
import { covers } from '../../support/covers.ts';

const never = new AbortController().signal;

const UNCACHED = { cacheReadTokens: 0, cacheCreationTokens: 0 };

describe.each(await findPeers(ollama))('the Ollama backend against $name', (peer) => {
  covers(
    'R2.4-capabilities',
    'R2.8-thinking',
    'R2.5-greedy',
    'R2.6-exact',
    'R2.5-multi-turn',
    'R2.5-system-in-place',
    'R2.5-thinking',
    'R2.5-stop',
    'R2.5-stop-leak',
    'R2.5-max-tokens',
    'R2.5-max-tokens-zero',
    'R2.5-clamp',
    'R2.8-context',
    'R5.5-window',
    'R2.5-too-long',
    'R2.5-strict',
    'R2.8-failure',
    'R2.6-count-equals',
    'R2.5-prefill',
    'R4.1-tools',
    'R4.1-history',
    'R4.1-choice',
    'R4.1-format',
  );

  let backend: Backend;

  beforeEach(() => {
    backend = createOllamaBackend();
  });

  afterEach(() => backend.close());

  /** Opens the peer, and returns a factory of entries for its models. */
  async function open(
    scenario: string,
  ): Promise<(name: string, rest?: Partial<ModelSpec>) => ModelSpec> {
    const { url, close } = await peer.open(scenario);
    onTestFinished(close);
    return (name, rest) => modelSpec(name, { url, ...rest });
  }

  it('reports the capabilities of its models', async () => {
    const model = await open('capabilities');
    const all = { structuredOutput: true, images: false, exactCount: true };
    expect(await backend.capabilities(model('mini'), never)).toMatchObject({
      contextTokens: 8192,
      thinking: 'none',
      tools: 'none',
      ...all,
    });
    const small = model('local', { upstream: 'mini-think', context: 512 });
    expect(await backend.capabilities(small, never)).toMatchObject({
      contextTokens: 512,
      thinking: 'switchable',
      tools: 'none',
      ...all,
    });
    expect(await backend.capabilities(model('mini-tools'), never)).toMatchObject({
      thinking: 'switchable',
      tools: 'auto',
      ...all,
    });
  });

  it('streams an answer and its exact usage', async () => {
    const model = await open('text');
    const request = ask(model('mini'), 'Count from 1 to 5.');
    const { events, text, finish } = await collect(backend.generate(request, never));
    expect(text).toBe('1, 2, 3, 4, 5');
    expect(events.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(1);
    expect(finish).toEqual({
      type: 'finish',
      reason: 'end-turn',
      stopSequence: null,
      usage: {
        promptTokens: 20,
        cacheReadTokens: 0,
        cacheCreationTokens: 0,
        // 13 of the text and the one that ends it.
        outputTokens: 14,
        thinkingTokens: 0,
      },
    });
  });

  it('reads earlier turns, and system turns in place', async () => {
    const model = await open('turns');
    const turns = [
      turn('user', 'My name is Nora.'),
      turn('assistant', 'Nice to meet you, Nora.'),
      turn('system', 'Answer briefly.'),
      turn('user', 'What is my name?'),
    ];
    const { text, finish } = await collect(backend.generate(ask(model('mini'), turns), never));
    expect(text).toContain('Nora');
    expect(finish.reason).toBe('end-turn');
  });

  it('streams thinking separately, if requested', async () => {
    const model = await open('thinking');
    const question = 'Count from 1 to 5.';
    const thoughtful = await collect(
      backend.generate(
        ask(model('mini-think'), question, { thinking: { mode: 'adaptive' } }),
        never,
      ),
    );
    expect(thoughtful.thinking).toContain('count');
    expect(thoughtful.text).toBe('1, 2, 3, 4, 5');
    const silent = await collect(backend.generate(ask(model('mini-think'), question), never));
    expect(silent.thinking).toBe('');
    expect(silent.text).toBe('1, 2, 3, 4, 5');
  });

  it('does not request thinking from a model without it', async () => {
    const model = await open('thinking-unknown');
    const request = ask(model('mini'), 'Count from 1 to 3.', {
      thinking: { mode: 'enabled', budgetTokens: 1024 },
    });
    expect((await collect(backend.generate(request, never))).text).toBe('1, 2, 3');
  });

  it('reports the stop sequence that ended the answer', async () => {
    const model = await open('stop');
    const request = ask(model('mini'), 'Count from 1 to 9.', { stopSequences: ['9', ', 4, 5'] });
    const { events, text, finish } = await collect(backend.generate(request, never));
    expect(text).toBe('1, 2, 3');
    expect(finish).toMatchObject({ reason: 'stop-sequence', stopSequence: ', 4, 5' });
    const { promptTokens, outputTokens } = finish.usage;
    expect(events[0]).toEqual({ type: 'admitted', inputTokens: promptTokens, cache: UNCACHED });
    expect({ promptTokens, outputTokens }).toEqual({ promptTokens: 20, outputTokens: 13 });
  });

  it('streams text that only began like a stop sequence', async () => {
    const model = await open('stop-unmet');
    const request = ask(model('mini'), 'Count from 1 to 3.', { stopSequences: ['3, 4'] });
    const { text, finish } = await collect(backend.generate(request, never));
    expect(text).toBe('1, 2, 3');
    expect(finish).toMatchObject({ reason: 'end-turn', stopSequence: null });
    expect(finish.usage.outputTokens).toBe(8);
  });

  it('ends after max_tokens', async () => {
    const model = await open('length');
    const request = ask(model('mini'), 'Count from 1 to 9.', { maxTokens: 4 });
    const { text, finish } = await collect(backend.generate(request, never));
    expect(text).toBe('1, 2');
    expect(finish).toMatchObject({ reason: 'max-tokens', usage: { outputTokens: 4 } });
  });

  it('evaluates the prompt alone for max_tokens 0', async () => {
    const model = await open('prompt-only');
    const request = ask(model('mini'), 'Count from 1 to 5.', { maxTokens: 0 });
    const { events, finish } = await collect(backend.generate(request, never));
    expect(events).toEqual([{ type: 'admitted', inputTokens: 20, cache: UNCACHED }, finish]);
    expect(finish).toMatchObject({
      reason: 'max-tokens',
      usage: { promptTokens: 20, outputTokens: 0 },
    });
  });

  it('reports that the context ended the answer', async () => {
    const model = await open('context');
    const request = ask(model('mini', { context: 32 }), 'Count from 1 to 40.', { maxTokens: 400 });
    const { text, finish } = await collect(backend.generate(request, never));
    expect(text.startsWith('1, 2, 3')).toBe(true);
    expect(finish.reason).toBe('context-exceeded');
    expect(finish.usage.promptTokens + finish.usage.outputTokens).toBeLessThanOrEqual(33);
  });

  it('refuses a prompt that does not fit, before admission', async () => {
    const model = await open('overflow');
    const request = ask(model('mini', { context: 32 }), 'word '.repeat(200));
    await expect(backend.generate(request, never).next()).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: 'prompt is too long: 250 tokens > 32 maximum',
    });
  });

  it('refuses prompt and max_tokens together over the context, when strict', async () => {
    const model = await open('strict');
    const request = ask(model('mini', { context: 64 }), 'Count from 1 to 5.', {
      maxTokens: 45,
      overflow: 'strict',
    });
    await expect(backend.generate(request, never).next()).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: 'prompt and answer exceed the context: 20 + 45 > 64 tokens',
    });
    const fitting = await collect(backend.generate({ ...request, maxTokens: 44 }, never));
    expect(fitting.text).toBe('1, 2, 3, 4, 5');
  });

  it('names the command that pulls a missing model', async () => {
    const model = await open('missing');
    const events = backend.generate(ask(model('gone', { upstream: 'no-such-model' }), 'Hi'), never);
    await expect(events.next()).rejects.toMatchObject({
      code: 'model-not-found',
      message: expect.stringContaining('ollama pull no-such-model') as string,
    });
  });

  it('counts the tokens that a generation then reports', async () => {
    const model = await open('count');
    const request = ask(
      model('mini-think'),
      [turn('system', 'Be brief.'), turn('user', 'What is the capital of France?')],
      { thinking: { mode: 'adaptive' } },
    );
    const counted = await backend.countTokens(request, never);
    const { finish } = await collect(backend.generate(request, never));
    expect(finish.usage.promptTokens).toBe(counted);
  });

  it('continues a last assistant turn without repeating it', async () => {
    const model = await open('prefill');
    const turns = [turn('user', 'Count from 1 to 5.'), turn('assistant', '1, 2, 3,')];
    const { text } = await collect(backend.generate(ask(model('mini'), turns), never));
    expect(text.trim()).toBe('4, 5');
  });

  const question = 'What is the weather in Paris?';

  function askWith(model: ModelSpec, turns: string | readonly Turn[], rest: Changes = {}) {
    const { conversation } = ask(model, turns);
    const request = ask(model, turns, {
      conversation: { ...conversation, tools: [WEATHER] },
      maxTokens: 200,
      ...rest,
    });
    return collect(backend.generate(request, never));
  }

  it('calls a tool, and takes its result', async () => {
    const model = (await open('tools'))('mini-tools');
    const asked = await askWith(model, question);
    const [id] = started(asked.events).map((start) => start.id);
    const input = { location: 'Paris' };
    expect(asked.events.filter(({ type }) => type.startsWith('tool-call'))).toEqual([
      { type: 'tool-call-start', id, name: 'get_weather' },
      { type: 'tool-call-delta', id, json: JSON.stringify(input) },
      { type: 'tool-call-end', id },
    ]);
    expect(asked.finish.reason).toBe('tool-use');
    expect(asked.text).not.toContain('tool_call');
    const output = [{ kind: 'text', text: '21 degrees and sunny' }] as const;
    const final = await askWith(model, [
      turn('user', question),
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', id: 'toolu_1', name: 'get_weather', input }],
      },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'toolu_1', output, isError: false }] },
    ]);
    expect(final.text).toBe('The weather in Paris is 21 degrees and sunny.');
    expect(final.finish.reason).toBe('end-turn');
  });

  it('makes several calls, or one if parallel calls are off', async () => {
    const model = (await open('calls'))('mini-tools');
    const both = 'What is the weather in Paris and London?';
    const calls = await askWith(model, both);
    expect(started(calls.events)).toHaveLength(2);
    const toolChoice = { mode: 'auto', parallel: false } as const;
    const call = await askWith(model, both, { toolChoice });
    expect(started(call.events)).toHaveLength(1);
    expect(call.finish).toEqual(calls.finish);
  });

  it('makes no call if tool_choice is none', async () => {
    const model = (await open('uncalled'))('mini-tools');
    const { events, finish } = await askWith(model, question, { toolChoice: { mode: 'none' } });
    expect(started(events)).toEqual([]);
    expect(finish.reason).toBe('end-turn');
  });

  it('counts tools, and thinks before it calls', async () => {
    const model = (await open('tools-thinking'))('mini-tools');
    const { conversation } = ask(model, question);
    const request = ask(model, question, {
      conversation: { ...conversation, tools: [WEATHER] },
      thinking: { mode: 'adaptive' },
    });
    const counted = await backend.countTokens(request, never);
    const { finish } = await collect(backend.generate(request, never));
    expect(finish.usage.promptTokens).toBe(counted);
    expect(counted).toBeGreaterThan(90);
  });

  const thoughtful = { outputSchema: NUMBER, thinking: { mode: 'adaptive' } } as const;

  it('enforces a schema, whatever the model would say', async () => {
    const model = await open('format');
    const request = ask(model('mini'), 'Count from 1 to 5.', { outputSchema: NUMBER });
    const { text } = await collect(backend.generate(request, never));
    expect(JSON.parse(text)).toEqual({ number: expect.any(Number) as number });
  });

  it('lets a model think first, and counts both', async () => {
    const model = (await open('format-thinking'))('mini-think');
    const request = ask(model, 'Count from 1 to 5.', thoughtful);
    const counted = await backend.countTokens(request, never);
    const { thinking, text, finish } = await collect(backend.generate(request, never));
    expect(thinking).toContain('count');
    expect(JSON.parse(text)).toEqual({ number: expect.any(Number) as number });
    expect(finish.usage.promptTokens).toBe(counted);
    expect(finish.usage.outputTokens).toBeGreaterThan(20);
  });

  it('enforces a schema if the model skips its thinking', async () => {
    const model = (await open('format-unthinking'))('mini-think');
    const extract = 'Extract the name and age as JSON: Anna is 30 years old.';
    const request = ask(model, extract, thoughtful);
    const { thinking, text } = await collect(backend.generate(request, never));
    expect(thinking).toBe('');
    expect(JSON.parse(text)).toEqual({ number: expect.any(Number) as number });
  });
});

type Changes = Partial<GenerationRequest>;
type Start = Extract<GenerationEvent, { readonly type: 'tool-call-start' }>;

const WEATHER = toolSpec('get_weather', {
  type: 'object',
  properties: { location: { type: 'string' } },
  required: ['location'],
});

const NUMBER = {
  type: 'object',
  properties: { number: { type: 'integer', minimum: 0, maximum: 99 } },
  required: ['number'],
};

function started(events: readonly GenerationEvent[]): readonly Start[] {
  return events.flatMap((event) => (event.type === 'tool-call-start' ? [event] : []));
}
