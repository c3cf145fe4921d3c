import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { Part, ToolSpec, Turn } from '../../src/core/conversation.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { generateThroughChain } from '../support/chain.ts';
import { collect, request, said } from '../support/requests.ts';
import type { Subject } from './contract.ts';
import { covers } from '../support/covers.ts';

covers('R4.7-forced', 'R2.6-count-equals');

const WEATHER: ToolSpec = {
  name: 'get_weather',
  description: 'The weather of a city',
  inputSchema: {
    type: 'object',
    properties: { location: { type: 'string' } },
    required: ['location'],
  },
  origin: { kind: 'custom' },
  deferred: false,
};

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', maximum: 199 } },
  required: ['name', 'age'],
};

const auto = (parallel: boolean) => ({ mode: 'auto', parallel }) as const;

/** Behaviour of every backend that reports support for tools and schemas. */
export function describeToolContract(open: () => Promise<Subject>): void {
  let subject: Subject;
  const asked = (turns: readonly Turn[], changes: Partial<GenerationRequest> = {}) =>
    request(subject.model, turns, {
      conversation: { system: [], turns, tools: [WEATHER] },
      ...changes,
    });
  const ask = (...args: Parameters<typeof asked>) =>
    collect(subject.backend.generate(asked(...args), AbortSignal.timeout(60_000)));

  beforeAll(async () => {
    subject = await open();
  });
  afterAll(async () => {
    await subject.backend.close();
    await subject.close?.();
  });

  it('says that it can', async () => {
    const can = await subject.backend.capabilities(subject.model, AbortSignal.timeout(30_000));
    expect(can).toMatchObject({ structuredOutput: true });
    expect(can.tools).not.toBe('none');
  });

  it('calls a tool, each call whole under an id of its own, and takes its result', async () => {
    const question = said('What is the weather in Paris?');
    const { events, text, finish } = await ask(question);
    const [call, ...others] = callsOf(events);
    expect(others).toEqual([]);
    expect(call).toMatchObject({ name: 'get_weather', input: { location: 'Paris' }, ended: true });
    expect(text).not.toContain('{');
    expect(finish).toMatchObject({ reason: 'tool-use', stopSequence: null });
    const output = [{ kind: 'text', text: '21 degrees and sunny' }] as const;
    const answer = await ask([
      ...question,
      { role: 'assistant', parts: [toolCall('toolu_1', 'Paris')] },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'toolu_1', output, isError: false }] },
    ]);
    expect(answer.text).toMatch(/21|sunny/);
    expect(answer.finish?.reason).toBe('end-turn');
  });

  it('makes as many calls as it may', async () => {
    const both = said('What is the weather in Paris and London?');
    const calls = callsOf((await ask(both, { toolChoice: auto(true) })).events);
    expect(calls.map(({ input }) => input)).toEqual([
      { location: 'Paris' },
      { location: 'London' },
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(callsOf((await ask(both, { toolChoice: auto(false) })).events)).toHaveLength(1);
  });

  it('calls the tool that it has to, by itself or with Portico’s help', async () => {
    const { backend } = subject;
    const signal = AbortSignal.timeout(60_000);
    const toolChoice = { mode: 'tool', name: WEATHER.name, parallel: false } as const;
    const forced = asked(said('What is the weather in Oslo?'), { toolChoice });
    const { events, text, finish } = await collect(generateThroughChain(backend, forced, signal));
    const calls = callsOf(events);
    expect(calls).toEqual([expect.objectContaining({ name: 'get_weather', ended: true })]);
    expect(calls[0]?.input).toEqual({ location: expect.any(String) as string });
    expect(text).not.toContain('{');
    expect(finish).toMatchObject({ reason: 'tool-use', stopSequence: null });
  });

  it('makes no call if tool_choice is none', async () => {
    const { events, finish } = await ask(said('What is the weather in Paris?'), {
      toolChoice: { mode: 'none' },
    });
    expect(callsOf(events)).toEqual([]);
    expect(finish?.reason).not.toBe('tool-use');
  });

  it('counts tools as it reports them', async () => {
    const question = asked(said('What is the weather in Paris?'), { maxTokens: 1 });
    const without = { ...question, toolChoice: { mode: 'none' } as const };
    const { backend } = subject;
    const counted = await backend.countTokens(question, AbortSignal.timeout(30_000));
    expect(counted).toBeGreaterThan(
      await backend.countTokens(without, AbortSignal.timeout(30_000)),
    );
    const { finish } = await collect(backend.generate(question, AbortSignal.timeout(30_000)));
    expect(finish?.usage.promptTokens).toBe(counted);
  });

  it('enforces a schema, whatever the model would say', async () => {
    const turns = said('Anna is 30. Extract the name and age as JSON.');
    const conversation = { system: [], turns, tools: [] };
    const { text } = await ask(turns, { conversation, outputSchema: PERSON });
    expect(JSON.parse(text)).toEqual({ name: expect.any(String) as string, age: 30 });
  });
}

function toolCall(id: string, location: string): Part {
  return { kind: 'tool-call', id, name: WEATHER.name, input: { location } };
}

interface Call {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  readonly ended: boolean;
}

function callsOf(events: readonly GenerationEvent[]): readonly Call[] {
  return events.flatMap((start): Call[] => {
    if (start.type !== 'tool-call-start') return [];
    const own = events.filter((event) => 'id' in event && event.id === start.id);
    const json = own.map((event) => (event.type === 'tool-call-delta' ? event.json : '')).join('');
    const ended = own.at(-1)?.type === 'tool-call-end';
    return [{ id: start.id, name: start.name, input: JSON.parse(json) as unknown, ended }];
  });
}
