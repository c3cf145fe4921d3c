import { afterEach, describe, expect, it } from 'vitest';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import type { GenerationRequest } from '../../src/core/backend.ts';
import type { RegistryModel } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

covers('R5.6-names', 'R5.6-agent');

const HAIKU = 'claude-haiku-4-5-20251001';
const SONNET = 'claude-sonnet-4-5';
const DEVICE = { device_id: 'd1', account_uuid: '' };

const answered: GenerationRequest[] = [];
const backend = createScriptedBackend({
  async *script(request) {
    answered.push(request);
    yield { type: 'text-delta', text: '{"title":"Hi"}' };
    const counts = { promptTokens: 10, cacheReadTokens: 0, cacheCreationTokens: 0 };
    const usage = { ...counts, outputTokens: 2, thinkingTokens: 0 };
    yield { type: 'finish', reason: 'end-turn', stopSequence: null, usage };
  },
});

let server: ScriptedServer;
afterEach(() => server.close());

/** A server of the models `big`, `small` and `usual`, the default. */
async function serve(aliases: Readonly<Record<string, string>> = {}): Promise<void> {
  const model = (name: string): [string, RegistryModel] => [
    name,
    { spec: { name, backend: 'scripted' }, shipped: false, location: 'models.yaml:1:1' },
  ];
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: 'usual',
      models: new Map(['big', 'small', 'usual'].map(model)),
      aliases: new Map(Object.entries(aliases)),
      problems: [],
    }),
    backends: { scripted: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
  server = await serveScript(backend, { runtime });
}

type Fields = Readonly<Record<string, unknown>>;

/** Requests of Claude Code in the session `s1`, shortened, by their kind. */
const KINDS: Readonly<
  Record<string, { readonly body: Fields; readonly headers?: Readonly<Record<string, string>> }>
> = {
  main: { body: { tools: [{ name: 'Read', input_schema: { type: 'object' } }], stream: true } },
  bare: { body: {} },
  title: {
    body: {
      output_config: {
        format: {
          type: 'json_schema',
          schema: { type: 'object', properties: {}, additionalProperties: false },
        },
      },
    },
  },
  agent: {
    body: { tools: [{ name: 'Read', input_schema: { type: 'object' } }] },
    headers: { 'x-claude-code-agent-id': 'a1' },
  },
  count: { body: { tools: [{ name: 'Read', input_schema: { type: 'object' } }] } },
};

/** Sends a request, checks that the answer names the requested model, and returns the model that answered. */
async function ask(kind: string, model: string, session = 's1'): Promise<string> {
  const { body, headers } = KINDS[kind] ?? { body: {} };
  const isCount = kind === 'count';
  const response = await fetch(`${server.url}/v1/messages${isCount ? '/count_tokens' : ''}`, {
    method: 'POST',
    ...(headers !== undefined && { headers }),
    body: JSON.stringify({
      model,
      ...(!isCount && { max_tokens: 100 }),
      messages: [{ role: 'user', content: 'Hello' }],
      metadata: { user_id: JSON.stringify({ ...DEVICE, session_id: session }) },
      ...body,
    }),
  });
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(text).toContain(isCount ? '"input_tokens":10' : `"model":"${model}"`);
  return response.headers.get('portico-model') ?? '';
}

describe('an Anthropic model name without an alias', () => {
  covers('R5.6-names', 'R5.6-session');

  it.each(['main', 'title', 'agent', 'bare'])(
    'is answered under its name by the session’s model: %s',
    async (kind) => {
      await serve();
      expect(await ask('main', 'big')).toBe('big');
      expect(await ask('count', HAIKU)).toBe('big');
      expect(await ask(kind, HAIKU)).toBe('big');
      expect(await ask(kind, 'claude-of-tomorrow-9')).toBe('big');
      expect(await ask('main', SONNET)).toBe('big');
    },
  );

  it('is another session’s business in another session of the same device', async () => {
    await serve();
    await ask('main', 'big', 's1');
    expect(await ask('main', SONNET, 's2')).toBe('usual');
    expect(await ask('main', SONNET, 's1')).toBe('big');
  });
});

describe('a small model that was aliased', () => {
  covers('R5.6-aliased');

  it.each([
    ['before', 'title'],
    ['behind', 'title'],
    ['before', 'agent'],
    ['behind', 'agent'],
    ['before', 'bare'],
    ['behind', 'bare'],
    ['before', 'count'],
    ['behind', 'count'],
  ])('stands in for no conversation, asked %s it for a %s', async (when, kind) => {
    await serve({ [HAIKU]: 'small' });
    if (when === 'before') {
      expect(await ask(kind, HAIKU)).toBe('small');
      expect(await ask('main', SONNET)).toBe('usual');
    }
    expect(await ask('main', 'big')).toBe('big');
    expect(await ask(kind, HAIKU)).toBe('small');
    expect(await ask('main', SONNET)).toBe('big');
    expect(await ask('agent', SONNET)).toBe('big');
  });

  it('leaves a session its model when it is asked at the same time', async () => {
    await serve({ [HAIKU]: 'small' });
    const models = await Promise.all(
      ['title', 'main', 'agent', 'main', 'title'].map((kind) =>
        ask(kind, kind === 'main' ? 'big' : HAIKU),
      ),
    );
    expect(models).toEqual(['small', 'big', 'small', 'big', 'small']);
    expect(await ask('main', SONNET)).toBe('big');
  });
});

it('a conversation that changes its model takes its side requests with it', async () => {
  await serve({ opus: 'big' });
  await ask('main', 'small');
  expect(await ask('title', HAIKU)).toBe('small');
  await ask('main', 'opus');
  expect(await ask('title', HAIKU)).toBe('big');
  expect(await ask('agent', HAIKU)).toBe('big');
});

it('a session without tools goes by its last request', async () => {
  await serve();
  await ask('bare', 'small');
  expect(await ask('bare', SONNET)).toBe('small');
  await ask('bare', 'big');
  expect(await ask('title', HAIKU)).toBe('big');
});

it('passes the session and the agent on to backends', async () => {
  await serve();
  answered.length = 0;
  await ask('main', 'big');
  await ask('agent', 'big');
  expect(answered.map(({ session }) => session)).toMatchObject([
    { user: 'd1', session: 's1' },
    { user: 'd1', session: 's1', agent: 'a1' },
  ]);
});
