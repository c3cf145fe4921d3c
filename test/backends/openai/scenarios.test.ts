import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { Part, ToolSpec, Turn } from '../../../src/core/conversation.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import { collect, request, said } from '../../support/requests.ts';
import { findPeers } from '../../support/upstream/peers.ts';
import { entry, llamaServer, openBackend } from './peers.ts';
import { covers } from '../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

function tool(name: string, description: string, parameter: string): ToolSpec {
  return {
    name,
    description,
    inputSchema: {
      type: 'object',
      properties: { [parameter]: { type: 'string' } },
      required: [parameter],
    },
    origin: { kind: 'custom' },
    deferred: false,
  };
}

const WEATHER = tool('get_weather', 'The weather of a city', 'city');
const TIME = tool('get_time', 'The time in a city', 'city');

describe.each(await findPeers(llamaServer))('the OpenAI backend against $name', (peer) => {
  covers(
    'R4.2-capabilities',
    'R4.2-server',
    'R4.2-stream',
    'R4.2-usage',
    'R4.2-thinking',
    'R4.2-calls',
    'R4.2-choice',
    'R4.2-format',
    'R4.2-stop',
    'R4.2-context',
    'R5.5-window',
    'R4.2-count',
    'R4.2-failure',
  );

  let backend: Backend;

  beforeEach(() => {
    backend = openBackend();
  });

  afterEach(() => backend.close());

  async function open(scenario: string, rest: Partial<OpenAiSpec> = {}): Promise<OpenAiSpec> {
    const { url, close } = await peer.open(scenario);
    onTestFinished(close);
    return entry(url, rest);
  }

  const ask = (
    model: OpenAiSpec,
    turns: readonly Turn[],
    changes: Partial<GenerationRequest> = {},
    tools: readonly ToolSpec[] = [],
  ) => {
    const conversation = { system: [], turns, tools };
    return collect(backend.generate(request(model, turns, { conversation, ...changes }), signal));
  };

  it('reports the capabilities of the server and its model', async () => {
    const model = await open('capabilities');
    const all = {
      maxContextTokens: 8192,
      thinking: 'switchable',
      tools: 'enforced',
      structuredOutput: true,
      images: false,
      documents: true,
      citations: true,
      exactCount: true,
    };
    expect(await backend.capabilities(model, signal)).toEqual({ contextTokens: 8192, ...all });
    const small = { ...model, context: 512 };
    expect(await backend.capabilities(small, signal)).toMatchObject({ contextTokens: 512 });
    const large = { ...model, context: 100_000 };
    expect(await backend.capabilities(large, signal)).toMatchObject({ contextTokens: 8192 });
  });

  it('streams an answer, and reports the cached tokens of its prompt', async () => {
    const model = await open('text');
    const first = await ask(model, said('Count from 1 to 5.'));
    expect(first.text).toBe('1, 2, 3, 4, 5');
    expect(first.admitted).toBe(20);
    const deltas = first.events.filter(({ type }) => type === 'text-delta');
    expect(deltas.length).toBeGreaterThan(5);
    expect(first.events).toContainEqual({
      type: 'progress',
      phase: 'prefill',
      done: 20,
      total: 20,
    });
    const again = await ask(model, said('Count from 1 to 5.'));
    expect(again.finish).toMatchObject({
      reason: 'end-turn',
      stopSequence: null,
      usage: { promptTokens: 20, cacheCreationTokens: 0, outputTokens: 14, thinkingTokens: 0 },
    });
    expect(again.finish?.usage.cacheReadTokens).toBeGreaterThan(10);
  });

  it('keeps system turns in their place', async () => {
    const model = await open('turns');
    const turns: readonly Turn[] = [
      ...said('My name is Nora.', 'Nice to meet you, Nora.'),
      { role: 'system', parts: [{ kind: 'text', text: 'Answer briefly.' }] },
      ...said('What is my name?'),
    ];
    expect((await ask(model, turns)).text).toContain('Nora');
  });

  it('streams thinking separately, if requested', async () => {
    const model = await open('thinking');
    const aloud = await ask(model, said('Count from 1 to 5.'), { thinking: { mode: 'adaptive' } });
    expect(aloud.thinking).toContain('count');
    expect(aloud.text).toBe('1, 2, 3, 4, 5');
    const silent = await ask(model, said('Count from 1 to 5.'));
    expect(silent).toMatchObject({ thinking: '', text: '1, 2, 3, 4, 5' });
  });

  it('streams the arguments of a call, and takes its result', async () => {
    const model = await open('tools');
    const question = said('What is the weather in Paris?');
    const answer = await ask(model, question, {}, [WEATHER]);
    const [start, ...rest] = answer.events.filter(({ type }) => type.startsWith('tool-call'));
    expect(start).toMatchObject({ name: 'get_weather', id: expect.stringMatching(/^toolu_/) });
    const pieces = rest.flatMap((event) => (event.type === 'tool-call-delta' ? [event.json] : []));
    expect(pieces.length).toBeGreaterThan(2);
    const input = JSON.parse(pieces.join('')) as { city: string };
    expect(input).toEqual({ city: 'Paris' });
    expect(answer.finish?.reason).toBe('tool-use');
    const parts: readonly Part[] = [
      { kind: 'tool-call', id: 'toolu_1', name: 'get_weather', input },
    ];
    const output: readonly Part[] = [{ kind: 'text', text: '21 degrees, sunny' }];
    const turns: readonly Turn[] = [
      ...question,
      { role: 'assistant', parts },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'toolu_1', output, isError: false }] },
    ];
    const final = await ask(model, turns, {}, [WEATHER]);
    expect(final.text).toMatch(/21|sunny/);
  });

  it('forces a call of the named tool', async () => {
    const model = await open('forced');
    const toolChoice = { mode: 'tool', name: 'get_time', parallel: false } as const;
    const question = said('What is the weather in Paris?');
    const { events, finish } = await ask(model, question, { toolChoice, maxTokens: 1000 }, [
      WEATHER,
      TIME,
    ]);
    const starts = events.filter(({ type }) => type === 'tool-call-start');
    expect(starts).toEqual([expect.objectContaining({ name: 'get_time' })]);
    expect(finish?.reason).toBe('tool-use');
  });

  it('makes no call if tool_choice is none', async () => {
    const model = await open('uncalled');
    const toolChoice = { mode: 'none' } as const;
    const { events } = await ask(model, said('What is the weather in Paris?'), { toolChoice }, [
      WEATHER,
    ]);
    expect(events.filter(({ type }) => type.startsWith('tool-call'))).toEqual([]);
  });

  it('enforces a schema', async () => {
    const model = await open('format');
    const { text } = await ask(model, said('Anna is 30. Extract the name and age as JSON.'), {
      outputSchema: {
        type: 'object',
        properties: { age: { type: 'integer' }, kind: { const: 'person' } },
        required: ['age', 'kind'],
        additionalProperties: false,
      },
    });
    expect(JSON.parse(text)).toEqual({ age: expect.any(Number) as number, kind: 'person' });
  });

  it('reports the stop sequence that ended the answer, with exact counts', async () => {
    const model = await open('stop');
    const { text, finish } = await ask(model, said('Count from 1 to 9.'), {
      stopSequences: ['9', ', 4, 5'],
    });
    expect(text).toBe('1, 2, 3');
    expect(finish).toMatchObject({
      reason: 'stop-sequence',
      stopSequence: ', 4, 5',
      usage: { promptTokens: 20, outputTokens: 13 },
    });
  });

  it('streams text that only began like a stop sequence', async () => {
    const model = await open('stop-unmet');
    const { text, finish } = await ask(model, said('Count from 1 to 3.'), {
      stopSequences: ['3, 4'],
    });
    expect(text).toBe('1, 2, 3');
    expect(finish).toMatchObject({ reason: 'end-turn', stopSequence: null });
  });

  it('reports that the context of its entry ended the answer', async () => {
    const model = await open('context', { context: 32 });
    const { text, finish } = await ask(model, said('Count from 1 to 40.'), { maxTokens: 400 });
    expect(text).toMatch(/^1, 2, 3/);
    expect(finish).toMatchObject({ reason: 'context-exceeded', usage: { outputTokens: 11 } });
  });

  it('refuses what does not fit with max_tokens, when strict', async () => {
    const model = await open('strict', { context: 64 });
    const strict = { overflow: 'strict', maxTokens: 45 } as const;
    await expect(ask(model, said('Count from 1 to 5.'), strict)).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: 'prompt and answer exceed the context: 20 + 45 > 64 tokens',
    });
    const fitting = await ask(model, said('Count from 1 to 5.'), { ...strict, maxTokens: 44 });
    expect(fitting.text).toBe('1, 2, 3, 4, 5');
  });

  it('counts tools, thinking and a begun answer as a generation reports them', async () => {
    const model = await open('count');
    const turns = said('What is the capital of France?', 'The capital');
    const conversation = {
      system: [{ kind: 'text', text: 'Be brief.' }],
      turns,
      tools: [WEATHER],
    } as const;
    const thinking = { mode: 'adaptive' } as const;
    const asked = request(model, turns, { conversation, thinking });
    const counted = await backend.countTokens(asked, signal);
    const { finish, admitted } = await collect(backend.generate(asked, signal));
    expect(finish?.usage.promptTokens).toBe(counted);
    expect(admitted).toBe(counted);
    expect(counted).toBeGreaterThan(80);
  });

  it('refuses a picture by its place if the model is text-only', async () => {
    const model = await open('picture');
    const source = { kind: 'base64', mediaType: 'image/png', data: 'aGVsbG8=' } as const;
    const turns: readonly Turn[] = [{ role: 'user', parts: [{ kind: 'image', source }] }];
    await expect(ask(model, turns)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('image input is not supported') as string,
    });
  });
});
