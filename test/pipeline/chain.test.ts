import { describe, expect, it } from 'vitest';
import { createScriptedBackend } from '../support/scripted-backend.ts';
import type { Backend, GenerationRequest } from '../../src/core/backend.ts';
import type { ToolSpec } from '../../src/core/conversation.ts';
import { compose, countBy } from '../../src/pipeline/middleware.ts';
import type { GenerationMiddleware } from '../../src/pipeline/middleware.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { CONTEXT, playAnswers } from '../support/chain.ts';
import { collect, MINI, request, said } from '../support/requests.ts';

const LOOK: ToolSpec = {
  name: 'look',
  description: 'Looks at a place',
  inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
  origin: { kind: 'custom' },
  deferred: false,
};

/** Middleware that appends its name to the prompt and to the answer. */
function signing(name: string): GenerationMiddleware {
  return (next) =>
    async function* sign(one, context) {
      yield* next({ ...one, id: `${one.id} ${name}` }, context);
      yield { type: 'text-delta', text: name };
    };
}

/** Runtime of one model, and the requests that its backend got. */
function openRuntime(changes: Partial<Backend>) {
  const got: GenerationRequest[] = [];
  const backend: Backend = {
    ...createScriptedBackend({
      capabilities: { tools: 'none' },
      async *script(one) {
        got.push(one);
        yield { type: 'text-delta', text: 'Yes.' };
      },
    }),
    async countTokens(one) {
      got.push(one);
      return 42;
    },
    ...changes,
  };
  const spec = { name: 'actor', backend: 'scripted' } as const;
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: spec.name,
      models: new Map([[spec.name, { spec, shipped: false, location: 'models.yaml:1:1' }]]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { scripted: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
  return { runtime, got };
}

const { signal } = new AbortController();

describe('middleware', () => {
  it('wraps the layers after it: requests go down the list, and events come back up', async () => {
    const { next, requests } = playAnswers(() => [{ type: 'text-delta', text: 'backend' }]);
    const generate = compose(signing('outer'), signing('inner'))(next);
    const { events } = await collect(generate(request(MINI, said('Hi'), { id: 'asks' }), CONTEXT));
    expect(requests.map(({ id }) => id)).toEqual(['asks outer inner']);
    expect(events.map((event) => event.type === 'text-delta' && event.text)).toEqual([
      'backend',
      'inner',
      'outer',
    ]);
  });

  it('takes part in a token count, which ends before any text', async () => {
    const backend = createScriptedBackend({ async *script() {}, promptTokens: 7 });
    const { events } = await collect(
      compose(signing('outer'))(countBy(backend))(request(MINI, said('Hi')), CONTEXT),
    );
    expect(events[0]).toEqual({ type: 'admitted', inputTokens: 7 });
  });
});

describe('a count of tokens', () => {
  it.each([
    ['tools', { mode: 'auto', parallel: true }],
    ['a demanded call', { mode: 'tool', name: LOOK.name, parallel: false }],
  ] as const)('counts the prompt that a generation evaluates, with %s', async (_what, choice) => {
    const { runtime, got } = openRuntime({});
    const turns = said('Look!');
    const conversation = { system: [], turns, tools: [LOOK, { ...LOOK, name: 'listen' }] };
    const asked = request(MINI, turns, { conversation, toolChoice: choice });
    expect(await runtime.countTokens('actor', asked, signal)).toMatchObject({ tokens: 42 });
    await collect((await runtime.generate('actor', asked, signal)).events);
    const [counted, generated] = got;
    expect(JSON.stringify(counted?.conversation)).toContain('Looks at a place');
    expect(counted).toEqual(generated);
  });

  it('fails like the backend', async () => {
    const { runtime } = openRuntime({
      async countTokens() {
        throw new Error('no tokenizer');
      },
    });
    const asked = request(MINI, said('Hi'));
    await expect(runtime.countTokens('actor', asked, signal)).rejects.toThrow('no tokenizer');
  });
});
