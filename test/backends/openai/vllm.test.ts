import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import { collect, request, said } from '../../support/requests.ts';
import { findPeers } from '../../support/upstream/peers.ts';
import { entry, openBackend, vllm } from './peers.ts';

const signal = AbortSignal.timeout(120_000);

const WEATHER = {
  name: 'get_weather',
  description: 'The weather of a city',
  inputSchema: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Paris', 'Rome'] } },
    required: ['city'],
    additionalProperties: false,
  },
  origin: { kind: 'custom' },
  deferred: false,
} as const;

const QUESTION = said('What is the weather in Paris?');

describe.each(await findPeers(vllm))('the OpenAI backend against vLLM, $name', (peer) => {
  let backend: Backend;

  beforeEach(() => {
    backend = openBackend();
  });

  afterEach(() => backend.close());

  async function open(scenario: string): Promise<OpenAiSpec> {
    const { url, close } = await peer.open(scenario);
    onTestFinished(close);
    return entry(url);
  }

  const ask = (model: OpenAiSpec, changes: Partial<GenerationRequest> = {}) =>
    collect(backend.generate(request(model, QUESTION, { maxTokens: 60, ...changes }), signal));

  it('knows that the template renders no tools', async () => {
    const model = await open('unrendered');
    expect(await backend.capabilities(model, signal)).toMatchObject({
      contextTokens: 4096,
      tools: 'none',
    });
  });

  it('counts a prompt as its answer reports it', async () => {
    const model = await open('count');
    const counted = await backend.countTokens(request(model, QUESTION), signal);
    const { admitted, finish } = await ask(model, { maxTokens: 5 });
    expect(finish).toMatchObject({ reason: 'max-tokens', usage: { outputTokens: 5 } });
    expect([counted, admitted]).toEqual([finish?.usage.promptTokens, counted]);
  });

  it('counts the tokens of an answer that a stop sequence ends', async () => {
    const { finish, text } = await ask(await open('stop'), { stopSequences: ['e'] });
    expect(text).not.toContain('e');
    expect(finish).toMatchObject({ reason: 'stop-sequence', stopSequence: 'e' });
    expect(finish?.usage.outputTokens).toBeGreaterThan(0);
    expect(finish?.usage.outputTokens).toBeLessThan(60);
  });

  it.each([
    ['demanded', false],
    ['demanded-whole', true],
  ])('enforces the schema of a demanded call’s arguments: %s', async (scenario, whole) => {
    const model = await open(scenario);
    const { events, finish } = await ask(model, {
      conversation: { system: [], turns: QUESTION, tools: [WEATHER] },
      toolChoice: { mode: 'any', parallel: false },
      ...(whole && { whole }),
    });
    const json = events.map((event) => (event.type === 'tool-call-delta' ? event.json : ''));
    expect(['Paris', 'Rome']).toContain((JSON.parse(json.join('')) as { city: unknown }).city);
    expect(finish?.reason).toBe('tool-use');
  });

  it('makes a demanded call without a schema that its grammars can’t enforce', async () => {
    const list = { type: 'array', contains: { type: 'string' } };
    const inputSchema = { type: 'object', properties: { list } };
    const model = await open('unheld');
    const { finish } = await ask(model, {
      conversation: { system: [], turns: QUESTION, tools: [{ ...WEATHER, inputSchema }] },
      toolChoice: { mode: 'any', parallel: false },
    });
    expect(['tool-use', 'max-tokens']).toContain(finish?.reason);
  });

  it('enforces a schema', async () => {
    const outputSchema = WEATHER.inputSchema;
    const { text, finish } = await ask(await open('format'), { outputSchema });
    expect(finish?.reason).toBe('end-turn');
    expect(['Paris', 'Rome']).toContain((JSON.parse(text) as { city: unknown }).city);
  });

  // Its refusal says "at least 4097 input tokens", whatever the prompt has.
  it('refuses a prompt that does not fit by its exact count', async () => {
    const model = await open('overflow');
    const long = request(model, said('word '.repeat(4100)));
    const counted = await backend.countTokens(long, signal);
    await expect(collect(backend.generate(long, signal))).rejects.toMatchObject({
      code: 'prompt-too-long',
      message: `prompt is too long: ${counted} tokens > 4096 maximum`,
    });
  });
});
