import { describe, expect, it, onTestFinished } from 'vitest';
import type { Backend, GenerationRequest } from '../../../src/core/backend.ts';
import type { ToolSpec } from '../../../src/core/conversation.ts';
import type { OpenAiSpec } from '../../../src/backends/openai/spec.ts';
import { collect, request, said } from '../../support/requests.ts';
import { serve, startReplay } from '../../support/upstream/replay.ts';
import { ANSWER, event, startActing } from './acting-server.ts';
import type { Act, SeenRequest } from './acting-server.ts';
import { entry, fixtures, openBackend } from './peers.ts';
import { covers } from '../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

function backendWith(variables: Record<string, string> = {}, logged: string[] = []): Backend {
  const backend = openBackend(variables, (message) => void logged.push(message));
  onTestFinished(() => backend.close());
  return backend;
}

const ask = (backend: Backend, model: OpenAiSpec, changes: Partial<GenerationRequest> = {}) =>
  collect(backend.generate(request(model, said('Hi'), changes), signal));

const bearer = ({ headers }: SeenRequest) => headers.authorization;

describe('keys of an upstream', () => {
  covers('R4.2-keys', 'R4.2-failure', 'R4.2-secret', 'R4.2-entry');

  const keys = { K: 'key-one', K_1: 'key-two', K_2: 'key-three' };
  const error = { message: 'no' };

  it.each([
    [429, 'rate limited'],
    [401, 'invalid'],
  ])('rotate on %i, and the one that works stays (%s)', async (status) => {
    const server = await startActing((seen) =>
      bearer(seen) === 'Bearer key-three' ? ANSWER : { status, error },
    );
    const backend = backendWith(keys);
    const model = entry(server.url, { key: 'K', server: 'other' });
    expect((await ask(backend, model)).text).toBe('One');
    expect((await ask(backend, model)).text).toBe('One');
    expect(server.seen.map(bearer)).toEqual([
      'Bearer key-one',
      'Bearer key-two',
      'Bearer key-three',
      'Bearer key-three',
    ]);
  });

  it('are each tried once, then the failure is reported without them', async () => {
    const server = await startActing(() => ({ status: 429, error, retryAfter: '3' }));
    const model = entry(server.url, { key: 'K', server: 'other' });
    const failure: unknown = await ask(backendWith(keys), model).catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 3 });
    expect(server.seen).toHaveLength(3);
    expect(String(failure)).not.toMatch(/key-(?:one|two|three)/);
  });

  it('are named by their variable if none is accepted', async () => {
    const server = await startActing(() => ({ status: 401, error }));
    const model = entry(server.url, { key: 'K', server: 'other' });
    await expect(ask(backendWith({ K: 'bad' }), model)).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('put a valid key into K, in the environment') as string,
    });
  });

  it('are not tried for other failures', async () => {
    const server = await startActing(() => ({ status: 500, error }));
    const model = entry(server.url, { key: 'K', server: 'other' });
    await expect(ask(backendWith(keys), model)).rejects.toMatchObject({ code: 'backend-failed' });
    expect(server.seen).toHaveLength(1);
  });

  it('in a URL are never reported', async () => {
    const url = 'http://user:hunter2@127.0.0.1:9/v1?key=hunter2';
    const failure: unknown = await ask(backendWith(), entry(url)).catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toMatchObject({
      message: expect.stringContaining('does not answer at http://127.0.0.1:9/v1') as string,
    });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('are sent with the headers of the entry, in every request', async () => {
    const server = await startActing(() => ANSWER);
    const headers = { 'x-team': 'us', 'http-referer': 'https://example.com' };
    const backend = backendWith(keys);
    await ask(backend, entry(server.url, { headers }));
    await ask(backend, entry(server.url, { headers, key: 'K' }));
    expect(server.seen[0]?.headers).toMatchObject(headers);
    expect(server.seen.map(bearer)).toEqual([undefined, 'Bearer key-one']);
  });
});

describe('a strict server', () => {
  covers('R4.2-adjust', 'R4.2-schemas', 'R4.2-usage', 'R4.2-context');

  const schema = { type: 'object', properties: { a: { type: 'string', minLength: 1 } } };
  const tools: readonly ToolSpec[] = [
    {
      name: 'f',
      description: '',
      inputSchema: schema,
      origin: { kind: 'custom' },
      deferred: false,
    },
  ];
  const conversation = { system: [], turns: said('Hi'), tools };

  it('is retried with clean schemas, which later requests use at once', async () => {
    const server = await startActing(({ body }) =>
      JSON.stringify(body['tools']).includes('"minLength":')
        ? { status: 400, error: { message: "Invalid schema: 'minLength' is not permitted" } }
        : ANSWER,
    );
    const backend = backendWith();
    await ask(backend, entry(server.url), { conversation });
    await ask(backend, entry(server.url), { conversation });
    expect(server.seen).toHaveLength(3);
  });

  it('is retried only once, and then its refusal is final', async () => {
    const error = { message: 'Invalid schema: no schema is good enough' };
    const server = await startActing(() => ({ status: 400, error }));
    await expect(ask(backendWith(), entry(server.url), { conversation })).rejects.toMatchObject({
      code: 'invalid-request',
      message: expect.stringContaining('no schema is good enough') as string,
    });
    expect(server.seen).toHaveLength(2);
  });

  it('is retried without the fields that it does not know', async () => {
    const server = await startActing(({ body }) => {
      const field = ['stream_options', 'parallel_tool_calls'].find((name) => name in body);
      return field === undefined
        ? ANSWER
        : { status: 422, error: { message: `Extra inputs are not permitted: ${field}` } };
    });
    const backend = backendWith();
    expect((await ask(backend, entry(server.url), { conversation })).text).toBe('One');
    expect((await ask(backend, entry(server.url), { conversation })).text).toBe('One');
    expect(server.seen).toHaveLength(4);
  });

  it('is asked for as many tokens as each prompt leaves', async () => {
    const message =
      "'max_tokens' is too large: 200. This model's maximum context length is 100 tokens and your request has 30 input tokens (200 > 100 - 30).";
    const server = await startActing(({ body }) =>
      Number(body['max_tokens']) > 70
        ? { status: 400, error: { message } }
        : {
            events: [
              event({ content: 'One' }),
              event({}, 'length'),
              { choices: [], usage: { prompt_tokens: 30, completion_tokens: 70 } },
            ],
          },
    );
    const backend = backendWith();
    expect((await ask(backend, entry(server.url))).finish?.reason).toBe('context-exceeded');
    expect(server.seen.map(({ body }) => body['max_tokens'])).toEqual([200, 70]);
    await expect(ask(backend, entry(server.url), { overflow: 'strict' })).rejects.toMatchObject({
      message: 'prompt and answer exceed the context: 30 + 200 > 100 tokens',
    });
  });
});

describe('an unknown server', () => {
  covers('R4.2-server', 'R4.2-sampling', 'R4.2-count', 'R4.2-images', 'R4.2-stream');

  it('is not sent unsupported fields, and the log names them', async () => {
    const server = await startActing(() => ANSWER);
    const logged: string[] = [];
    await ask(backendWith({}, logged), entry(server.url), { sampling: { topK: 5 } });
    expect(server.seen[0]?.body).not.toHaveProperty('top_k');
    expect(logged).toEqual([expect.stringMatching(/^top_k is not sent for mini/)]);
  });

  it('refuses to continue a last answer, with a hint', async () => {
    const server = await startActing(() => ANSWER);
    const turns = said('Hi', 'Hel');
    const conversation = { system: [], turns, tools: [] };
    await expect(ask(backendWith(), entry(server.url), { conversation })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining("set 'server:'") as string,
    });
    await ask(backendWith(), entry(server.url, { server: 'vllm' }), { conversation });
    expect(server.seen).toHaveLength(1);
  });

  it('is probed now and then, but never if models.yaml names it', async () => {
    const server = await startActing(() => ANSWER);
    const backend = backendWith();
    await Promise.all([1, 2, 3].map(() => ask(backend, entry(server.url))));
    expect(server.asked).toEqual(['/v1/models']);
    await ask(backend, entry(server.url, { server: 'openai' }));
    expect(server.asked).toEqual(['/v1/models']);
  });

  it('has its prompts estimated from the last count', async () => {
    const words = 'word '.repeat(400);
    const server = await startActing(() => ({
      events: [
        event({}, 'stop'),
        { choices: [], usage: { prompt_tokens: 1030, completion_tokens: 1 } },
      ],
    }));
    const backend = backendWith();
    const asked = request(entry(server.url), said(words));
    const guess = await backend.countTokens(asked, signal);
    expect(guess).toBeGreaterThan(400);
    await collect(backend.generate(asked, signal));
    expect(await backend.countTokens(asked, signal)).toBe(1030);
  });

  it('counts pictures by a generation of one token', async () => {
    const server = await startActing(() => ANSWER);
    const source = { kind: 'base64', mediaType: 'image/png', data: 'AAAA' } as const;
    const turns = [{ role: 'user', parts: [{ kind: 'image', source }] }] as const;
    const model = entry(server.url, { server: 'vllm', images: true });
    expect(await backendWith().countTokens(request(model, turns), signal)).toBe(20);
    expect(server.asked).not.toContain('/tokenize');
  });

  it('streams nothing for max_tokens 0, though one token is requested', async () => {
    const server = await startActing(() => ANSWER);
    const { events, finish } = await ask(backendWith(), entry(server.url), { maxTokens: 0 });
    expect(events.map(({ type }) => type)).toEqual(['admitted', 'finish']);
    expect(finish).toMatchObject({
      reason: 'max-tokens',
      usage: { promptTokens: 20, outputTokens: 0 },
    });
    expect(server.seen[0]?.body).toMatchObject({ max_tokens: 1 });
  });
});

describe('a refusal', () => {
  covers('R4.2-failure');

  it('is reported at once, while the prompt is still being counted', async () => {
    const server = await serve((incoming, response) => {
      if (incoming.url === '/tokenize') return;
      response.statusCode = incoming.method === 'GET' ? 404 : 400;
      response.setHeader('content-type', 'application/json');
      response.end('{"error":{"message":"no"}}');
    });
    onTestFinished(server.close);
    const model = entry(server.url, { server: 'vllm' });
    await expect(ask(backendWith(), model)).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('a server that is slow', () => {
  covers('R4.2-count');

  it('has its prompt counted before its answer begins, if it has a tokenizer', async () => {
    const server = await serve((incoming, response) => {
      if (incoming.url === '/v1/chat/completions') return;
      response.setHeader('content-type', 'application/json').end('{"count":7}');
    });
    onTestFinished(server.close);
    const asked = request(entry(server.url, { server: 'vllm' }), said('Hi'));
    for await (const first of backendWith().generate(asked, signal)) {
      expect(first).toEqual({ type: 'admitted', inputTokens: 7 });
      break;
    }
  });
});

describe('a single call', () => {
  covers('R4.2-choice');

  it('is all that is read if parallel calls are off, and the usage is still complete', async () => {
    const call = (index: number) => ({
      tool_calls: [{ index, id: `c${index}`, function: { name: 'f', arguments: '{}' } }],
    });
    const acts: Act = {
      events: [
        event(call(0)),
        event(call(1)),
        event({}, 'tool_calls'),
        { choices: [], usage: { prompt_tokens: 20, completion_tokens: 30 } },
      ],
    };
    const server = await startActing(() => acts);
    const toolChoice = { mode: 'auto', parallel: false } as const;
    const { events, finish } = await ask(backendWith(), entry(server.url), { toolChoice });
    expect(events.filter(({ type }) => type === 'tool-call-start')).toHaveLength(1);
    expect(finish).toMatchObject({ reason: 'tool-use', usage: { outputTokens: 30 } });
  });
});

describe('vLLM, as documented', () => {
  covers('R4.2-server', 'R4.2-thinking', 'R4.2-usage', 'R4.2-count', 'R4.2-stop');

  it('thinks, counts and reports the cached tokens', async () => {
    const server = await startReplay(await fixtures.read('hand-made/vllm'));
    onTestFinished(server.close);
    const backend = backendWith();
    const model = entry(server.url);
    expect(await backend.capabilities(model, signal)).toMatchObject({
      contextTokens: 4096,
      thinking: 'switchable',
      exactCount: true,
    });
    const answer = await ask(backend, model, { thinking: { mode: 'adaptive' } });
    expect(answer).toMatchObject({ admitted: 20, thinking: 'Easy.', text: 'One two three' });
    expect(answer.finish?.usage).toMatchObject({ cacheReadTokens: 16, outputTokens: 5 });
  });

  it('reports the usage of an answer that a stop sequence ends', async () => {
    const server = await startReplay(await fixtures.read('hand-made/vllm'));
    onTestFinished(server.close);
    const { text, finish } = await ask(backendWith(), entry(server.url), {
      stopSequences: ['two'],
    });
    expect(text).toBe('One ');
    expect(finish).toMatchObject({
      reason: 'stop-sequence',
      stopSequence: 'two',
      usage: { promptTokens: 20, outputTokens: 3 },
    });
  });
});
