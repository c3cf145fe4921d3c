import { afterAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../src/backends/local/backend.ts';
import { createScriptedBackend } from '../../support/scripted-backend.ts';
import type { Backend, Capabilities, GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { Runtime } from '../../../src/pipeline/runtime.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';
import { ENGINE } from '../../support/engine-variant.ts';
import { covers } from '../../support/covers.ts';

const CALL = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';
const LOOK: ToolSpec = {
  name: 'look',
  description: 'Looks at something',
  inputSchema: { type: 'object', properties: { at: { type: 'string' } }, required: ['at'] },
  origin: { kind: 'custom' },
  deferred: false,
};
const OTHER: ToolSpec = { ...LOOK, name: 'other' };

function runtimeOf(backend: Backend, spec: ModelSpec): Runtime {
  return new Runtime({
    registry: () => ({
      defaultModel: spec.name,
      models: new Map([[spec.name, { spec, shipped: false, location: 'models.yaml:1:1' }]]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { [spec.backend]: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
}

/** Model without any feature, which writes these texts, one per answer. */
function writer(
  texts: readonly string[],
  capabilities: Partial<Capabilities> = {},
  lastEvents: readonly GenerationEvent[] = [],
) {
  const asked: GenerationRequest[] = [];
  const backend = createScriptedBackend({
    capabilities: { tools: 'none', thinking: 'none', ...capabilities },
    async *script(got): AsyncGenerator<GenerationEvent> {
      const text = texts[asked.length] ?? '';
      asked.push(got);
      for (const piece of text.match(/[^]{1,3}/g) ?? []) yield { type: 'text-delta', text: piece };
      if (asked.length === texts.length) yield* lastEvents;
      const usage = {
        promptTokens: 10,
        cacheReadTokens: 0,
        cacheCreationTokens: 0,
        outputTokens: 5,
        thinkingTokens: 0,
      };
      yield { type: 'finish', reason: 'end-turn', stopSequence: null, usage };
    },
  });
  const runtime = runtimeOf(backend, { name: 'writer', backend: 'scripted' });
  const ask = async (
    changes: Partial<GenerationRequest> = {},
    tools: readonly ToolSpec[] = [LOOK],
  ) => {
    const full = request({ name: 'writer', backend: 'scripted' }, said('Look!'), {
      conversation: { system: [], turns: said('Look!'), tools },
      ...changes,
    });
    const signal = AbortSignal.timeout(5000);
    return collect((await runtime.generate('writer', full, signal)).events);
  };
  const prompt = (index: number) => JSON.stringify(asked[index]?.conversation);
  return { ask, asked, prompt };
}

const inputOf = (events: readonly GenerationEvent[]): unknown =>
  JSON.parse(
    events.map((event) => (event.type === 'tool-call-delta' ? event.json : '')).join('') || '{}',
  );

const kinds = (events: readonly GenerationEvent[]) => [...new Set(events.map(({ type }) => type))];

describe('a model that thinks by instructions', () => {
  const thinking = { mode: 'enabled', budgetTokens: 1024 } as const;

  it('is asked for its answer if its turn ends inside the thinking', async () => {
    const { ask, asked, prompt } = writer(['<think>Hard to say.', 'Seven.']);
    const answer = await ask({ thinking }, []);
    expect(answer).toMatchObject({ thinking: 'Hard to say.', text: 'Seven.' });
    expect(answer.finish).toMatchObject({ reason: 'end-turn', usage: { outputTokens: 10 } });
    expect(asked[1]).toMatchObject({ maxTokens: 195, thinking: { mode: 'disabled' } });
    expect(prompt(1)).toContain('Hard to say.');
    expect(prompt(1)).not.toContain('<think>');
    expect(kinds(answer.events).filter((kind) => kind === 'admitted')).toHaveLength(1);
  });

  it.each(['<think>', '<think></think>', ''])(
    'is asked again, without thinking, if it only writes “%s”',
    async (nothing) => {
      const { ask, asked, prompt } = writer([nothing, 'Seven.']);
      expect(await ask({ thinking }, [])).toMatchObject({ thinking: '', text: 'Seven.' });
      expect(asked).toHaveLength(2);
      expect(prompt(1)).not.toMatch(/<think>|write the answer/);
    },
  );

  it('is asked only once if it answers, or if max_tokens is used up', async () => {
    const whole = writer(['<think>Easy.</think>Seven.', 'no']);
    expect(await whole.ask({ thinking }, [])).toMatchObject({ text: 'Seven.' });
    expect(whole.asked).toHaveLength(1);
    const full = writer(['<think>Hard.', 'no']);
    expect(await full.ask({ thinking, maxTokens: 5 }, [])).toMatchObject({ text: '' });
    expect(full.asked).toHaveLength(1);
  });
});

describe('a model with a forced call', () => {
  it('has no text after the call', async () => {
    const { ask } = writer([`${CALL}\n<tool_response>\n{"it": 1}\n</tool_response>\nDone.`]);
    const answer = await ask({ toolChoice: { mode: 'any', parallel: true } });
    expect(answer).toMatchObject({ text: '', finish: { reason: 'tool-use' } });
    expect(inputOf(answer.events)).toEqual({ at: 'it' });
  });
});

describe('a model without tools', () => {
  covers('R4.4-tools', 'R4.4-history', 'R4.4-thinking');

  it('gets instructions about tools, and its calls are parsed from its text', async () => {
    const { ask, asked, prompt } = writer([`I will look.\n${CALL}`]);
    const answer = await ask();
    expect(answer.text).toBe('I will look.');
    expect(kinds(answer.events)).toEqual([
      'admitted',
      'text-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call-end',
      'finish',
    ]);
    expect(answer.finish?.reason).toBe('tool-use');
    expect(prompt(0)).toContain('Looks at something');
    expect(asked[0]).toMatchObject({ toolChoice: { mode: 'none' }, conversation: { tools: [] } });
  });

  it('answers with text if it calls none, and gets no instructions if none may be called', async () => {
    const plain = writer(['Hello.']);
    expect(await plain.ask()).toMatchObject({ text: 'Hello.', finish: { reason: 'end-turn' } });
    const none = writer([CALL]);
    const answer = await none.ask({ toolChoice: { mode: 'none' } });
    expect(answer.text).toBe(CALL);
    expect(none.asked[0]?.conversation.system).toEqual([]);
  });

  it('makes one call if parallel calls are off', async () => {
    const { ask } = writer([`${CALL}\n${CALL}`]);
    const one = await ask({ toolChoice: { mode: 'auto', parallel: false } });
    expect(one.events.filter(({ type }) => type === 'tool-call-start')).toHaveLength(1);
  });

  it('gets earlier calls and results as text', async () => {
    const { ask, prompt } = writer(['Seen.']);
    const turns = [
      ...said('Look!'),
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', id: 'c', name: 'look', input: { at: 'it' } }],
      },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool-result',
            callId: 'c',
            output: [{ kind: 'text', text: 'A cat.' }],
            isError: false,
          },
        ],
      },
    ] as const;
    await ask({ conversation: { system: [], turns, tools: [LOOK] } });
    expect(prompt(0)).toContain(JSON.stringify(CALL.replace('"at": ', '"at":')).slice(1, -1));
    expect(prompt(0)).toContain(String.raw`<tool_response>\nA cat.\n</tool_response>`);
    expect(prompt(0)).not.toContain('tool-result');
  });

  it('thinks if it is asked to', async () => {
    const { ask, prompt } = writer(['<think>Hm.</think>Hello.']);
    const answer = await ask({ thinking: { mode: 'enabled', budgetTokens: 1024 } }, []);
    expect(answer).toMatchObject({ thinking: 'Hm.', text: 'Hello.' });
    expect(prompt(0)).toContain('<think>');
  });
});

describe('a forced call', () => {
  covers('R4.4-enforced');

  const any = { toolChoice: { mode: 'any', parallel: true } } as const;

  it('of a model without tools is asked for once more, before output is streamed', async () => {
    const { ask, asked, prompt } = writer(['No.', CALL]);
    const answer = await ask(any);
    expect(answer.text).toBe('');
    expect(answer.events.filter(({ type }) => type === 'admitted')).toHaveLength(1);
    expect(answer.finish).toMatchObject({
      reason: 'tool-use',
      usage: { promptTokens: 10, outputTokens: 10 },
    });
    expect(asked).toHaveLength(2);
    expect(prompt(1)).toMatch(/No\..*Call look now/s);
  });

  it('of a model with tools that are not enforced is asked for once more', async () => {
    const { ask, asked } = writer(['No.', ''], { tools: 'auto' }, [
      { type: 'tool-call-start', id: 'toolu_1', name: 'look' },
      { type: 'tool-call-delta', id: 'toolu_1', json: '{"at":"it"}' },
      { type: 'tool-call-end', id: 'toolu_1' },
    ]);
    const answer = await ask(any);
    expect(answer.text).toBe('');
    expect(answer.events).toContainEqual(expect.objectContaining({ name: 'look' }));
    expect(asked.map(({ toolChoice }) => toolChoice.mode)).toEqual(['auto', 'auto']);
    expect(asked[1]?.conversation.tools).toEqual([LOOK]);
  });

  it('that is made at once needs one request', async () => {
    const { ask, asked } = writer([CALL]);
    expect((await ask(any)).finish?.reason).toBe('tool-use');
    expect(asked).toHaveLength(1);
  });

  const callOf = (name: string, input: object) =>
    `<tool_call>\n${JSON.stringify({ name, arguments: input })}\n</tool_call>`;

  it.each([
    ['without an argument that it needs', {}, 'look needs the argument'],
    ['with one of another type', { at: [1] }, 'must be of the type string'],
  ])('%s is asked for once more, with its fault', async (_what, input, fault) => {
    const { ask, asked, prompt } = writer([`Hm.${callOf('look', input)}`, CALL]);
    const answer = await ask(any);
    expect(inputOf(answer.events)).toEqual({ at: 'it' });
    expect(answer.text).toBe('');
    expect(asked).toHaveLength(2);
    expect(prompt(1)).toContain(fault);
    expect(prompt(1)).toContain('Call look now');
  });

  it('that is invalid twice is passed on as made last', async () => {
    const { ask } = writer([callOf('look', {}), callOf('look', { at: 7 })]);
    const answer = await ask(any);
    expect(inputOf(answer.events)).toEqual({ at: 7 });
    expect(answer.finish).toMatchObject({ reason: 'tool-use', usage: { outputTokens: 10 } });
  });

  it('that is invalid, and then not made, is passed on as made first', async () => {
    const { ask } = writer([callOf('look', {}), 'No.']);
    const answer = await ask(any);
    expect(inputOf(answer.events)).toEqual({});
    expect(answer).toMatchObject({ text: '', finish: { reason: 'tool-use' } });
  });

  it('is demanded in the user’s own turn if the answer was empty', async () => {
    const { ask, asked } = writer(['', CALL]);
    await ask(any);
    expect(asked[1]?.conversation.turns.map(({ role }) => role)).toEqual(['user']);
  });

  it('of one tool offers no other tool', async () => {
    const { ask, prompt } = writer([CALL]);
    const toolChoice = { mode: 'tool', name: 'look', parallel: true } as const;
    await ask({ toolChoice }, [LOOK, OTHER]);
    expect(prompt(0)).not.toContain('other');
  });

  it.each([
    [['No.', 'Never.'], 'Never.'],
    [['No.', ''], 'No.'],
  ])('that neither of %o makes becomes text, with the true reason', async (answers, text) => {
    const { ask, asked } = writer(answers);
    const answer = await ask(any);
    expect(asked).toHaveLength(2);
    expect(answer).toMatchObject({ text, finish: { reason: 'end-turn' } });
    expect(answer.events.filter(({ type }) => type === 'tool-call-start')).toEqual([]);
  });
});

describe('the embedded model without tools', () => {
  covers('R4.4-tools', 'R4.4-count');

  const real = createLocalBackend({
    engine: 'in-process',
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    log: () => undefined,
  });
  const textOnly: Backend = {
    ...real,
    capabilities: async (model, signal) => ({
      ...(await real.capabilities(model, signal)),
      tools: 'none',
    }),
  };
  const runtime = runtimeOf(textOnly, MINI);
  afterAll(() => runtime.close());

  it('calls a tool, and the tokens of the instructions are counted', async () => {
    const weather: ToolSpec = { ...LOOK, name: 'get_weather', description: 'Get the weather' };
    const turns = said('What is the weather in Paris?');
    const asked = request(MINI, turns, { conversation: { system: [], turns, tools: [weather] } });
    const signal = AbortSignal.timeout(30_000);
    const answer = await collect((await runtime.generate('mini', asked, signal)).events);
    expect(answer.events).toContainEqual(expect.objectContaining({ name: 'get_weather' }));
    expect(answer.text).not.toMatch(/[<{]/);
    expect(answer.finish?.reason).toBe('tool-use');
    const { tokens } = await runtime.countTokens('mini', asked, signal);
    expect(tokens).toBe(answer.finish?.usage.promptTokens);
  });
});
