import { afterAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { GenerationRequest } from '../../../../../src/core/backend.ts';
import type { ToolSpec } from '../../../../../src/core/conversation.ts';
import type { JsonObject } from '../../../../../src/core/json.ts';
import type { ModelSpec } from '../../../../../src/core/model.ts';
import type { Answer } from '../../../../support/requests.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const logged: string[] = [];
const backend = createLocalBackend({
  engine: 'in-process',
  ...ENGINE,
  context: undefined,
  queueLimit: 8,
  log: (message, level) => level !== 'info' && logged.push(message),
});
afterAll(() => backend.close());

function tool(name: string, properties: JsonObject, required: readonly string[] = []): ToolSpec {
  return {
    name,
    description: `Use ${name}`,
    inputSchema: { type: 'object', properties, required },
    origin: { kind: 'custom' },
    deferred: false,
  };
}

const WEATHER = tool(
  'get_weather',
  { city: { type: 'string' }, days: { type: 'integer' }, unit: { enum: ['c', 'f'] } },
  ['city'],
);
const CLOCK = tool('get_time', { zone: { enum: ['utc', 'local'] } }, ['zone']);

function ask(
  text: string,
  changes: Partial<GenerationRequest> & { readonly tools?: readonly ToolSpec[] },
  model: ModelSpec = MINI,
): Promise<Answer> {
  const { tools = [WEATHER, CLOCK], ...rest } = changes;
  const turns = said(text);
  const asked = request(model, turns, { conversation: { system: [], turns, tools }, ...rest });
  return collect(backend.generate(asked, AbortSignal.timeout(30_000)));
}

/** The calls of an answer, with their arguments put together, and whether each was finished. */
function calls({ events }: Answer) {
  return events.flatMap((event) => {
    if (event.type !== 'tool-call-start') return [];
    const json = events
      .map((other) => (other.type === 'tool-call-delta' && other.id === event.id ? other.json : ''))
      .join('');
    const finished = events.some(
      (other) => other.type === 'tool-call-end' && other.id === event.id,
    );
    return [{ name: event.name, json, finished }];
  });
}

describe('tool_choice', () => {
  covers(
    'R3.1-arguments',
    'R3.1-auto',
    'R3.1-template',
    'R3.1-any',
    'R3.1-tool',
    'R3.1-one-call',
    'R3.1-valid',
    'R3.1-none',
    'R3.1-cut',
  );

  it('auto: streams arguments while they are generated', async () => {
    const answer = await ask('What is the weather in Paris?', {});
    expect(calls(answer)).toMatchObject([{ name: 'get_weather', finished: true }]);
    expect(JSON.parse(calls(answer)[0]?.json ?? '')).toMatchObject({ city: 'Paris' });
    const deltas = answer.events.filter(({ type }) => type === 'tool-call-delta');
    expect(deltas.length).toBeGreaterThan(3);
    expect(answer).toMatchObject({ text: '', finish: { reason: 'tool-use' } });
  });

  it('any: forces a call that the model would not make by itself', async () => {
    const parallel = true;
    const free = await ask('Count from 1 to 5', { toolChoice: { mode: 'auto', parallel } });
    expect(calls(free)).toEqual([]);
    const made = await ask('Count from 1 to 5', { toolChoice: { mode: 'any', parallel } });
    expect(calls(made).length).toBeGreaterThan(0);
    expect(made).toMatchObject({ text: '', finish: { reason: 'tool-use' } });
  });

  it.each([WEATHER, CLOCK])('tool: calls $name and no other', async ({ name }) => {
    const toolChoice = { mode: 'tool', name, parallel: false } as const;
    const answer = await ask('Hello', { toolChoice });
    const [call, ...more] = calls(answer);
    expect(call).toMatchObject({ name, finished: true });
    expect(more).toEqual([]);
    const input: unknown = JSON.parse(call?.json ?? '');
    if (name === 'get_time') expect(['utc', 'local']).toContain((input as { zone: string }).zone);
    else expect(input).toMatchObject({ city: expect.any(String) });
  });

  it('none: renders no tool and calls none', async () => {
    const asked = 'What is the weather in Paris?';
    const bare = await ask(asked, { tools: [] });
    const none = await ask(asked, { toolChoice: { mode: 'none' } });
    expect(none.finish?.usage.promptTokens).toBe(bare.finish?.usage.promptTokens);
    expect(calls(none)).toEqual([]);
    expect(none.text).toBe(bare.text);
  });

  it('never finishes a call that max_tokens cuts', async () => {
    const answer = await ask('What is the weather in San Francisco?', { maxTokens: 16 });
    expect(calls(answer)).toMatchObject([{ name: 'get_weather', finished: false }]);
    expect(answer).toMatchObject({ text: '', finish: { reason: 'max-tokens' } });
  });
});

const PERSON = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name', 'age'],
  additionalProperties: false,
} as const;

describe('an answer with a schema', () => {
  covers('R3.4-schema', 'R3.4-tools');

  const about = 'Ann is 31 years old. Say hello.';
  const validated = (text: string) =>
    expect(JSON.parse(text)).toEqual({ name: expect.any(String), age: expect.any(Number) });

  it('is JSON of that shape', async () => {
    const answer = await ask(about, { tools: [], outputSchema: PERSON });
    validated(answer.text);
    expect(answer.finish?.reason).toBe('end-turn');
  });

  it('thinks freely before it', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 1024 } as const;
    const answer = await ask(about, { tools: [], outputSchema: PERSON, thinking });
    expect(answer.thinking.length).toBeGreaterThan(5);
    validated(answer.text);
    const adaptive = { mode: 'adaptive' } as const;
    validated((await ask(about, { tools: [], outputSchema: PERSON, thinking: adaptive })).text);
  });

  it('may be a call if the request has tools', async () => {
    const called = await ask('What is the weather in Paris?', { outputSchema: PERSON });
    expect(calls(called)).toMatchObject([{ name: 'get_weather', finished: true }]);
    const reported = await ask(about, {
      outputSchema: PERSON,
      toolChoice: { mode: 'none' },
    });
    validated(reported.text);
  });
});

describe('a thinking budget', () => {
  covers('R3.5-budget', 'R3.5-effort');

  it('of 8 tokens ends the thinking after 8', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 8 } as const;
    const free = { mode: 'enabled', budgetTokens: 1024 } as const;
    const held = await ask('Count from 1 to 5', { tools: [], thinking });
    const whole = await ask('Count from 1 to 5', { tools: [], thinking: free });
    expect(held.finish?.usage.thinkingTokens).toBe(8);
    expect(whole.finish?.usage.thinkingTokens).toBeGreaterThan(8);
    expect(whole.thinking.startsWith(held.thinking)).toBe(true);
    expect(held.text).toContain('1, 2, 3');
  });

  it('never makes an answer longer than max_tokens', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 8 } as const;
    const { finish } = await ask('Count from 1 to 5', { tools: [], thinking, maxTokens: 9 });
    expect(finish).toMatchObject({ reason: 'max-tokens' });
    expect(finish?.usage.outputTokens).toBeLessThanOrEqual(9);
  });

  it('follows from the effort if the client sets none', async () => {
    const thinking = { mode: 'adaptive' } as const;
    const { finish } = await ask('Hello', { tools: [], thinking, effort: 'low' });
    expect(finish?.usage.thinkingTokens).toBeLessThanOrEqual(1024);
  });
});

describe('a model whose template knows no tools', () => {
  covers('R3.6-tools', 'R3.6-grammar', 'R3.6-thinking');

  const model: ModelSpec = {
    ...MINI,
    template: `{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}`,
  };

  it('reads them in its prompt, and its calls are parsed', async () => {
    const answer = await ask('What is the weather in Paris?', {}, model);
    expect(calls(answer)).toMatchObject([{ name: 'get_weather', finished: true }]);
    expect(answer.text).not.toMatch(/[<{]/);
  });

  it('makes a demanded call', async () => {
    const toolChoice = { mode: 'tool', name: 'get_time', parallel: false } as const;
    const answer = await ask('Hello', { toolChoice }, model);
    expect(calls(answer)).toMatchObject([{ name: 'get_time', finished: true }]);
  });

  it('thinks when it is asked to', async () => {
    const thinking = { mode: 'enabled', budgetTokens: 1024 } as const;
    const answer = await ask('Count from 1 to 5', { tools: [], thinking }, model);
    expect(answer.thinking.length).toBeGreaterThan(5);
    // An answer is what is promised; what a model says that was not trained to think is not.
    expect(answer.text.trim()).not.toBe('');
  });
});

describe('a schema that can’t be compiled', () => {
  covers('R3.3-degrades');

  it('is one line in the log, and the call is still made', async () => {
    logged.length = 0;
    const odd = tool('get_weather', { city: { $ref: '#/$defs/nowhere' } }, ['city']);
    const toolChoice = { mode: 'any', parallel: false } as const;
    const answer = await ask('What is the weather in Paris?', { tools: [odd], toolChoice });
    expect(calls(answer)).toMatchObject([{ name: 'get_weather', finished: true }]);
    expect(logged).toEqual([expect.stringContaining('#/$defs/nowhere')]);
  });
});
