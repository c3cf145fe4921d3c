import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { Backend } from '../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../src/core/events.ts';
import { serve, startReplay } from '../../support/upstream/replay.ts';
import type { ReplayOptions } from '../../support/upstream/replay.ts';
import { fixtures } from './peers.ts';
import { ask, collect, modelSpec } from './requests.ts';
import { covers } from '../../support/covers.ts';

const never = new AbortController().signal;

let backend: Backend;

beforeEach(() => {
  backend = createOllamaBackend();
});

afterEach(() => backend.close());

async function generate(
  fixture: string,
  options?: ReplayOptions,
): Promise<AsyncGenerator<GenerationEvent>> {
  const server = await startReplay(await fixtures.read(`hand-made/${fixture}`), options);
  onTestFinished(server.close);
  return backend.generate(ask(modelSpec('mini', { url: server.url }), 'Count.'), never);
}

describe('an upstream that fails before its answer', () => {
  covers('R2.8-failure', 'R2.5-admission');

  it.each([
    ['html', 'backend-failed', '200 with text/html instead of Ollama’s JSON; check that the URL'],
    ['html-502', 'backend-failed', '502 with text/html instead of Ollama’s JSON'],
    ['not-ollama', 'backend-failed', '404 with text/plain instead of Ollama’s JSON'],
    ['busy', 'overloaded', '503 for mini: server busy, please try again. maximum pending'],
    ['no-memory', 'model-load-failed', 'more system memory (80.1 GiB) than is available'],
    ['not-a-chat-model', 'unsupported', '"mini" does not support chat'],
    ['signed-out', 'authentication', '401 for mini: unauthorized; sign in with: ollama signin'],
    ['error-first', 'backend-failed', 'llama runner process has terminated'],
    ['overflow-with-numbers', 'prompt-too-long', 'prompt is too long: 302 tokens > 256 maximum'],
  ])('%s is %s, not an answer', async (fixture, code, says) => {
    const events = await generate(fixture);
    const failure: unknown = await events.next().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code });
    const { message } = failure as Error;
    expect(message).toContain(says.replaceAll('’', "'"));
    expect(message).not.toMatch(/[\n<]/);
  });
});

describe('a model whose schema Ollama applies only after thinking', () => {
  covers('R4.1-format');

  it('fails if it answers without thinking', async () => {
    const server = await startReplay(await fixtures.read('hand-made/unthinking'));
    onTestFinished(server.close);
    const request = ask(modelSpec('mini', { url: server.url }), 'Count.', { outputSchema: {} });
    await expect(backend.generate(request, never).next()).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('mini answered without thinking') as string,
    });
  });
});

describe('an odd value in a good answer', () => {
  it.each([undefined, null, -1, 1e300, 'many', 1.5])('does not fail it: %j', async (odd) => {
    const server = await serve((request, response) => {
      response.setHeader('content-type', 'application/json');
      const counts = { prompt_eval_count: odd, prompt_eval_cached_count: odd, eval_count: odd };
      const line = { message: { role: 'assistant', content: 'One' }, done: true, ...counts };
      response.end(JSON.stringify(request.url === '/api/show' ? { details: {} } : line));
    });
    onTestFinished(server.close);
    const { text, finish } = await collect(
      backend.generate(ask(modelSpec('mini', { url: server.url }), 'Count.'), never),
    );
    expect([text, finish?.reason]).toEqual(['One', 'end-turn']);
    expect(finish?.usage.promptTokens).toBeGreaterThan(0);
    expect(finish?.usage.outputTokens).toBe(1);
  });
});

describe('a limit of Ollama', () => {
  it.each([
    ['3', 3],
    ['86400', 3600],
    [undefined, 5],
  ])('keeps its error code and its retry-after of %s s, up to an hour', async (header, seconds) => {
    const server = await serve((request, response) => {
      const limited = request.url !== '/api/show';
      response.writeHead(limited ? 429 : 200, {
        'content-type': 'application/json',
        ...(header !== undefined && { 'retry-after': header }),
      });
      response.end(JSON.stringify(limited ? { error: 'too many requests' } : { details: {} }));
    });
    onTestFinished(server.close);
    const request = ask(modelSpec('mini', { url: server.url }), 'Count.');
    await expect(collect(backend.generate(request, never))).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: seconds,
    });
  });
});

describe('a refusal by Ollama', () => {
  it.each([
    [400, 'invalid-request'],
    [402, 'billing'],
    [403, 'permission'],
    [413, 'request-too-large'],
    [500, 'backend-failed'],
    [502, 'overloaded'],
  ])('keeps its error code: %i is %s', async (status, code) => {
    const server = await serve((request, response) => {
      const shown = request.url === '/api/show';
      response.writeHead(shown ? 200 : status, { 'content-type': 'application/json' });
      response.end(shown ? '{"details":{}}' : '{"error":"this model needs a subscription"}');
    });
    onTestFinished(server.close);
    const request = ask(modelSpec('mini', { url: server.url }), 'Count.');
    await expect(collect(backend.generate(request, never))).rejects.toMatchObject({ code });
  });
});

describe('a refusal by a proxy in front of Ollama', () => {
  it.each([
    [401, { code: 'authentication' }],
    [429, { code: 'rate-limited', retryAfterSeconds: 5 }],
  ])('keeps its error code: %i', async (status, failure) => {
    const server = await serve((request, response) => {
      const shown = request.url === '/api/show';
      response.writeHead(shown ? 200 : status, {
        'content-type': shown ? 'application/json' : 'text/html',
      });
      response.end(shown ? '{"details":{}}' : '<html>no</html>');
    });
    onTestFinished(server.close);
    const request = ask(modelSpec('mini', { url: server.url }), 'Count.');
    await expect(collect(backend.generate(request, never))).rejects.toMatchObject(failure);
  });
});

describe('an upstream that fails within its answer', () => {
  covers('R2.8-failure');

  it.each([
    ['error-line', 'failed in mid-answer: an error was encountered while running the model: CUDA'],
    ['no-done', 'ended its answer before it was done'],
    ['broken-off', 'broke off'],
    ['half-line', 'only a part of one'],
    ['not-json', 'sent a line that is not an answer'],
    ['not-an-answer', 'sent a line that is not an answer'],
  ])('%s fails after the text that came', async (fixture, says) => {
    const seen: GenerationEvent[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await generate(fixture)) seen.push(event);
    };
    await expect(read()).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining(says) as string,
    });
    expect(seen).toEqual([
      { type: 'admitted', inputTokens: 2 },
      { type: 'text-delta', text: 'One' },
    ]);
  });

  it('includes an answer of another media type', async () => {
    await expect(collect(await generate('loaded'))).rejects.toMatchObject({
      code: 'backend-failed',
      message: expect.stringContaining('"load"') as string,
    });
  });
});

describe('an unusual upstream', () => {
  covers('R2.8-translate', 'R2.6-cache-read', 'R2.4-capabilities', 'R2.8-thinking');

  it.each([1, 2, 3, 1000])('never splits characters in pieces of %i bytes', async (pieceBytes) => {
    const { text } = await collect(await generate('characters', { pieceBytes }));
    expect(text).toBe('naïve 🙂 数');
  });

  it('reports the cached tokens, if Ollama does', async () => {
    const { finish } = await collect(await generate('cached'));
    expect(finish.usage).toMatchObject({ promptTokens: 20, cacheReadTokens: 12 });
  });

  it('reports that a model with effort levels always thinks', async () => {
    const server = await startReplay(await fixtures.read('hand-made/effort'));
    onTestFinished(server.close);
    const model = modelSpec('gpt-oss', { url: server.url });
    expect(await backend.capabilities(model, never)).toMatchObject({
      thinking: 'always',
      contextTokens: 32_768,
    });
    const { thinking, text } = await collect(backend.generate(ask(model, 'Count.'), never));
    expect({ thinking, text }).toEqual({ thinking: 'Easy.', text: 'One' });
  });
});

describe('a server that is away', () => {
  covers('R2.8-failure');

  it('is named with a hint, and found again without a restart', async () => {
    const fixture = await fixtures.read('hand-made/cached');
    const first = await startReplay(fixture);
    const { url, port } = first;
    await first.close();
    const request = ask(modelSpec('mini', { url }), 'Hi');
    const failure = { code: 'backend-unavailable', retryAfterSeconds: 5 };
    await expect(backend.generate(request, never).next()).rejects.toMatchObject(failure);
    await expect(backend.capabilities(request.model, never)).rejects.toMatchObject({
      ...failure,
      message: expect.stringMatching(
        new RegExp(`^Ollama does not answer at ${url}.*ECONNREFUSED.*start it with: ollama serve$`),
      ) as string,
    });
    const again = await startReplay(fixture, {}, port);
    onTestFinished(again.close);
    expect((await collect(backend.generate(request, never))).text).toBe('One');
  });

  it('is expected at the default address, with or without a scheme', async () => {
    const server = await startReplay(await fixtures.read('hand-made/cached'));
    onTestFinished(server.close);
    const local = createOllamaBackend({ defaultUrl: `127.0.0.1:${server.port}/` });
    onTestFinished(() => local.close());
    expect((await collect(local.generate(ask(modelSpec('mini'), 'Hi'), never))).text).toBe('One');
  });
});
