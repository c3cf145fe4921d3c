import { describe, expect, it, onTestFinished } from 'vitest';
import { isToolRefusal } from '../../../src/backends/refused-tools.ts';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { ModelSpec } from '../../../src/core/model.ts';
import { Runtime } from '../../../src/pipeline/runtime.ts';
import { collect, request, said } from '../../support/requests.ts';
import { startOllama } from '../../support/scripted-ollama.ts';
import { event, startActing } from './acting-server.ts';
import type { Act, SeenRequest } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);
const VLLM =
  '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set';

const LOOK = {
  name: 'look',
  description: 'Looks at something',
  inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
  origin: { kind: 'custom' },
  deferred: false,
} as const;

const IN_TEXT: Act = {
  events: [
    event({ content: '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>' }),
    event({}, 'stop'),
  ],
};
const NATIVE: Act = {
  events: [
    event({
      tool_calls: [{ index: 0, id: 'a', function: { name: 'look', arguments: '{"at":"it"}' } }],
    }),
    event({}, 'tool_calls'),
  ],
};

function runtimeOf(spec: ModelSpec, backend: Backend): Runtime {
  onTestFinished(() => backend.close());
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

const hasTools = ({ body }: SeenRequest): boolean => body['tools'] !== undefined;

/** A server that refuses what `isRefused` says, with these words, and a function that asks it for a call. */
async function refusing(
  message: string,
  { status = 400, owner = 'acme', isRefused = hasTools } = {},
) {
  return acting(
    (seen) => {
      if (isRefused(seen)) return { status, error: { message } };
      return hasTools(seen) ? NATIVE : IN_TEXT;
    },
    [{ id: 'mini', owned_by: owner }],
  );
}

/** A server that answers in this way, and a function that asks it for a call. */
async function acting(act: (seen: SeenRequest) => Act, models?: readonly object[]) {
  const server = await startActing(act, models);
  const model = entry(server.url);
  const runtime = runtimeOf(model, openBackend());
  const conversation = { system: [], turns: said('Look!'), tools: [LOOK] };
  const ask = async (changes: Partial<GenerationRequest> = {}) =>
    collect(
      (await runtime.generate('mini', request(model, [], { conversation, ...changes }), signal))
        .events,
    );
  return { ask, seen: server.seen, runtime, request: request(model, [], { conversation }) };
}

describe('a server that refuses tools', () => {
  it.each([
    [400, 'registry.ollama.ai/library/mini does not support tools'],
    [400, 'tools are not supported'],
    [400, VLLM],
    [422, 'body.tools: Extra inputs are not permitted'],
    [400, "Unknown parameter: 'tools'."],
    [404, 'No endpoints found that support tool use. Try disabling "look".'],
    [500, 'tools param requires --jinja flag'],
    [400, 'Function calling is not enabled for this model'],
  ])('gets them as instructions at once, and from then on: %i %s', async (status, words) => {
    const { ask, seen } = await refusing(words, { status });
    for (const tries of [2, 3]) {
      const { finish, events } = await ask();
      expect(finish?.reason).toBe('tool-use');
      expect(events.filter(({ type }) => type === 'admitted')).toHaveLength(1);
      expect(events).toContainEqual(
        expect.objectContaining({ type: 'tool-call-start', name: 'look' }),
      );
      expect(seen).toHaveLength(tries);
    }
    expect(seen.map(hasTools)).toEqual([true, false, false]);
    expect(JSON.stringify(seen[1]?.body['messages'])).toContain('Looks at something');
  });

  it.each<readonly [string, Act]>([
    ['JSON', { whole: { error: { message: 'tools are not supported' } } }],
    ['an event', { events: [{ error: { message: 'tools are not supported' } }] }],
  ])('may refuse them with status 200, by %s', async (_how, refusal) => {
    const { ask, seen } = await acting((asked) => (hasTools(asked) ? refusal : IN_TEXT));
    for (const tries of [2, 3]) {
      expect((await ask()).finish?.reason).toBe('tool-use');
      expect(seen).toHaveLength(tries);
    }
  });

  it('is not retried after it has sent a part of the answer', async () => {
    const refusal = { error: { message: 'tools are not supported' } };
    const { ask, seen } = await acting(() => ({ events: [event({ content: 'Hi' }), refusal] }));
    await expect(ask()).rejects.toThrow('not supported');
    expect(seen).toHaveLength(1);
  });

  it('still makes demanded calls, if it is a vLLM without a parser of calls', async () => {
    const isRefused = ({ body }: SeenRequest) => body['tool_choice'] === 'auto';
    const { ask, seen } = await refusing(VLLM, { owner: 'vllm', isRefused });
    const toolChoice = { mode: 'any', parallel: true } as const;
    expect((await ask()).finish?.reason).toBe('tool-use');
    expect((await ask({ toolChoice })).finish?.reason).toBe('tool-use');
    expect(seen.map(({ body }) => body['tool_choice'])).toEqual(['auto', undefined, 'required']);
  });

  it('gets demanded calls as instructions, if it refuses these too', async () => {
    const { ask, seen } = await refusing('tools are not supported', { owner: 'vllm' });
    const toolChoice = { mode: 'any', parallel: true } as const;
    for (const tries of [2, 3]) {
      expect((await ask({ toolChoice })).finish?.reason).toBe('tool-use');
      expect(seen).toHaveLength(tries);
    }
    expect(seen.map(hasTools)).toEqual([true, false, false]);
  });

  it('counts prompts with instructions afterwards, and other refusals still fail', async () => {
    const { ask, runtime, request: asked } = await refusing('tools are not supported');
    const before = await runtime.countTokens('mini', asked, signal);
    await ask();
    const { tokens } = await runtime.countTokens('mini', asked, signal);
    expect(tokens).toBeGreaterThan(before.tokens);
    const other = await refusing('look: this tool has a bad name', { isRefused: () => true });
    await expect(other.ask()).rejects.toThrow('bad name');
  });

  it('may be an Ollama that lists the model as capable of tools', async () => {
    const ollama = await startOllama({ mini: { trained: 4096, refusesTools: true } });
    onTestFinished(ollama.close);
    const model: ModelSpec = { name: 'mini', backend: 'ollama', url: ollama.url };
    const runtime = runtimeOf(model, createOllamaBackend());
    const conversation = { system: [], turns: said('Look!'), tools: [LOOK] };
    const asked = request(model, [], { conversation });
    for (const tries of [2, 3]) {
      const { text } = await collect((await runtime.generate('mini', asked, signal)).events);
      expect(text).toBe('Hi');
      expect(ollama.chats).toHaveLength(tries);
    }
    expect(JSON.stringify(ollama.chats[1])).toContain('Looks at something');
  });
});

describe('a server whose template has no role for results', () => {
  const turns = [
    ...said('Look!'),
    { role: 'assistant', parts: [{ kind: 'tool-call', id: 'a', name: 'look', input: {} }] },
    {
      role: 'user',
      parts: [
        {
          kind: 'tool-result',
          callId: 'a',
          output: [{ kind: 'text', text: 'A cat' }],
          isError: false,
        },
        { kind: 'text', text: 'Look again!' },
      ],
    },
  ] as const;
  const isRefused = ({ body }: SeenRequest) => JSON.stringify(body['messages']).includes('"tool"');

  it.each([
    [400, 'Conversation roles must alternate user/assistant/user/assistant/...'],
    [500, 'Only user and assistant roles are supported!'],
    [400, 'Invalid role: tool'],
    [422, "messages.2.role: permitted: 'system', 'user', 'assistant'"],
  ])('gets calls and results as text: %i %s', async (status, words) => {
    const { ask, seen } = await refusing(words, { status, isRefused });
    const conversation = { system: [], turns, tools: [LOOK] };
    expect((await ask({ conversation })).finish?.reason).toBe('tool-use');
    const first = seen.length;
    expect((await ask({ conversation })).finish?.reason).toBe('tool-use');
    expect(seen).toHaveLength(first + 1);
    expect(hasTools(seen.at(-1) ?? { headers: {}, body: {} })).toBe(false);
    expect(JSON.stringify(seen.at(-1)?.body['messages'])).toContain('A cat');
  });

  it('gets results as text without tools too', async () => {
    const { ask, seen } = await refusing('Invalid role: tool', { isRefused });
    const { text } = await ask({ conversation: { system: [], turns, tools: [] } });
    expect(text).toContain('<tool_call>');
    expect(JSON.stringify(seen.at(-1)?.body['messages'])).toContain('A cat');
  });
});

describe('an error about a single tool', () => {
  it.each([
    'tools[0].function.strict is not supported',
    'Unknown parameter: tools.0.function.strict',
    'body.tools.0.function.strict: Extra inputs are not permitted',
    'the tool name look is too long',
    'Invalid schema for function look: the keyword oneOf is not supported',
  ])('is no refusal of tools: %s', (message) => {
    expect(isToolRefusal(message)).toBe(false);
  });
});

describe('a server that refuses a field', () => {
  it('is not sent a tool_choice that is the default', async () => {
    const isRefused = ({ body }: SeenRequest) => body['tool_choice'] === 'auto';
    const { ask, seen } = await refusing("Unsupported parameter: 'tool_choice'", { isRefused });
    for (const tries of [2, 3]) {
      expect((await ask()).finish?.reason).toBe('tool-use');
      expect(seen).toHaveLength(tries);
    }
    expect(seen.map(({ body }) => body['tool_choice'])).toEqual(['auto', undefined, undefined]);
    expect(seen.every(hasTools)).toBe(true);
  });

  it('gets the schema as instructions, if it knows no response format', async () => {
    const isRefused = ({ body }: SeenRequest) => body['response_format'] !== undefined;
    const acted: Act = { events: [event({ content: '{"at":"it"}' }), event({}, 'stop')] };
    const server = await startActing((seen) =>
      isRefused(seen)
        ? { status: 400, error: { message: 'This response_format type is unavailable now' } }
        : acted,
    );
    const model = entry(server.url);
    const runtime = runtimeOf(model, openBackend());
    const asked = request(model, said('Look!'), { outputSchema: LOOK.inputSchema });
    for (const tries of [2, 3]) {
      const { text } = await collect((await runtime.generate('mini', asked, signal)).events);
      expect(text).toBe('{"at":"it"}');
      expect(server.seen).toHaveLength(tries);
    }
    expect(server.seen.at(-1)?.body).not.toHaveProperty('response_format');
  });
});
