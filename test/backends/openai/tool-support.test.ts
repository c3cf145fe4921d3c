import { describe, expect, it, onTestFinished } from 'vitest';
import type { GenerationRequest } from '../../../src/core/backend.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import { Runtime } from '../../../src/pipeline/runtime.ts';
import { collect, request, said } from '../../support/requests.ts';
import { readBody, serve } from '../../support/upstream/replay.ts';
import { event } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);

const LOOK = {
  name: 'look',
  description: 'Looks at something',
  inputSchema: { type: 'object', properties: { at: { type: 'string' } } },
  origin: { kind: 'custom' },
  deferred: false,
} as const;

interface Body {
  readonly tools?: readonly unknown[];
  readonly messages?: readonly unknown[];
  readonly content?: string;
}

type Reply = (path: string, body: Body) => object | undefined;

function isProbe(body: Body): boolean {
  return JSON.stringify(body).includes('portico_probe');
}

/**
 * A server that counts prompts, and writes a call in Hermes' syntax; what it was asked.
 *
 * @param rendered tokens of the probe's prompt, as its answer reports them
 */
async function start(owner: string, reply: Reply, rendered: number) {
  const seen: { readonly path: string; readonly body: Body }[] = [];
  const server = await serve((asked, response) => {
    void (async () => {
      const path = asked.url ?? '';
      const body = JSON.parse((await readBody(asked)).toString('utf8') || '{}') as Body;
      seen.push({ path, body });
      response.setHeader('content-type', 'application/json');
      if (path === '/v1/models') {
        response.end(JSON.stringify({ data: [{ id: 'mini', owned_by: owner }] }));
      } else if (path === '/v1/chat/completions' && isProbe(body)) {
        const usage = { prompt_tokens: rendered, completion_tokens: 1 };
        const message = { role: 'assistant', content: 'Hi' };
        response.end(JSON.stringify({ choices: [{ message, finish_reason: 'length' }], usage }));
      } else if (path === '/v1/chat/completions') {
        const call = '<tool_call>\n{"name": "look", "arguments": {"at": "it"}}\n</tool_call>';
        response.setHeader('content-type', 'text/event-stream');
        const native = { index: 0, id: 'a', function: { name: 'look', arguments: '{"at":"it"}' } };
        const made = event(body.tools ? { tool_calls: [native] } : { content: call });
        for (const one of [made, event({}, 'stop')]) {
          response.write(`data: ${JSON.stringify(one)}\n\n`);
        }
        response.end('data: [DONE]\n\n');
      } else {
        const answer = reply(path, body);
        if (answer === undefined) response.statusCode = 500;
        response.end(JSON.stringify(answer ?? { error: { message: 'no' } }));
      }
    })();
  });
  onTestFinished(server.close);
  return { url: server.url, seen };
}

function runtimeOf(spec: OpenAiSpec): Runtime {
  const backend = openBackend();
  onTestFinished(() => backend.close());
  return new Runtime({
    registry: () => ({
      defaultModel: spec.name,
      models: new Map([[spec.name, { spec, shipped: false, location: 'models.yaml:1:1' }]]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { openai: async () => backend },
    exists: () => true,
    overflow: 'clamp',
  });
}

async function askTwice(
  owner: string,
  reply: Reply,
  rendered = 34,
  changes: Partial<GenerationRequest> = {},
) {
  const server = await start(owner, reply, rendered);
  const runtime = runtimeOf(entry(server.url));
  const conversation = { system: [], turns: said('Look!'), tools: [LOOK] };
  const ask = async () => {
    const asked = request(entry(server.url), [], { conversation, ...changes });
    return collect((await runtime.generate('mini', asked, signal)).events);
  };
  const answer = await ask();
  await ask();
  const bodies = server.seen.flatMap(({ path, body }) =>
    path === '/v1/chat/completions' && !isProbe(body) ? [body] : [],
  );
  const probes = server.seen.filter(({ body }) => isProbe(body)).map(({ path }) => path);
  return { answer, bodies, probes };
}

/** A llama-server, which has no tokenizer of messages. */
const llama =
  (render: (body: Body) => string | undefined): Reply =>
  (path, body) => {
    if (path === '/tokenize') return { tokens: (body.content ?? '').split('') };
    if (path !== '/apply-template') return undefined;
    const prompt = render(body);
    return prompt === undefined ? undefined : { prompt };
  };

describe('a server whose template renders no tools', () => {
  it.each<readonly [string, string, Reply, readonly string[]]>([
    [
      'a vLLM that counts the same',
      'vllm',
      () => ({ count: 34 }),
      ['/tokenize', '/v1/chat/completions'],
    ],
    ['a llama-server that renders the same', 'llamacpp', llama(() => 'Hi'), ['/apply-template']],
    [
      'a llama-server that refuses tools',
      'llamacpp',
      llama(({ tools }) => (tools ? undefined : 'Hi')),
      ['/apply-template'],
    ],
  ])('gets them as instructions: %s', async (_name, owner, reply, paths) => {
    const { answer, bodies, probes } = await askTwice(owner, reply);
    expect(bodies[0]).not.toHaveProperty('tools');
    expect(JSON.stringify(bodies[0]?.messages)).toContain('Looks at something');
    expect(answer.finish?.reason).toBe('tool-use');
    expect(answer.events).toContainEqual(
      expect.objectContaining({ type: 'tool-call-start', name: 'look' }),
    );
    expect(probes).toEqual(paths);
  });
});

describe('a demanded call', () => {
  const toolChoice = { mode: 'any', parallel: true } as const;

  it('is made by a vLLM that gets its tools as instructions', async () => {
    const reply = () => ({ count: 34 });
    const { answer, bodies } = await askTwice('vllm', reply, 34, { toolChoice });
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toMatchObject({ tool_choice: 'required', tools: [{ type: 'function' }] });
    expect(JSON.stringify(bodies[0]?.messages)).toContain('Looks at something');
    expect(answer.finish?.reason).toBe('tool-use');
  });

  it('is only requested by instructions from a llama-server, which may refuse tools', async () => {
    const { answer, bodies } = await askTwice(
      'llamacpp',
      llama(() => 'Hi'),
      34,
      { toolChoice },
    );
    expect(bodies[0]).not.toHaveProperty('tools');
    expect(answer.finish?.reason).toBe('tool-use');
  });
});

describe('a server that renders tools, or does not report it', () => {
  it.each<readonly [string, string, Reply]>([
    ['a vLLM that counts more', 'vllm', (_path, { tools }) => ({ count: tools ? 90 : 34 })],
    ['a vLLM without a tokenizer', 'vllm', () => undefined],
    ['a llama-server', 'llamacpp', llama(({ tools }) => JSON.stringify(tools ?? 'Hi'))],
    ['a llama-server that renders nothing', 'llamacpp', llama(() => undefined)],
  ])('is sent them: %s', async (_name, owner, reply) => {
    const { bodies, probes } = await askTwice(owner, reply);
    expect(bodies[0]?.tools).toHaveLength(1);
    expect(probes).toHaveLength(1);
  });

  it('is sent them: an old vLLM whose tokenizer ignores tools', async () => {
    const { bodies, probes } = await askTwice('vllm', () => ({ count: 34 }), 90);
    expect(bodies[0]?.tools).toHaveLength(1);
    expect(probes).toEqual(['/tokenize', '/v1/chat/completions']);
  });
});
