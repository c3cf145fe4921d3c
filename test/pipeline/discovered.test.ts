import { describe, expect, it, onTestFinished } from 'vitest';
import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import type { Backend } from '../../src/core/backend.ts';
import type { ModelSpec } from '../../src/core/model.ts';
import type { RegistryModel } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { collect, request, said } from '../support/requests.ts';
import { fixturesOf } from '../support/upstream/fixtures.ts';
import { serve, startReplay } from '../support/upstream/replay.ts';
import { covers } from '../support/covers.ts';

const signal = AbortSignal.timeout(30_000);

const FILE = '/models/mini.gguf';

/** Entry whose file can be pulled. */
const entryOf = (name: string, shipped: boolean): RegistryModel => ({
  spec: { name, backend: 'llama', file: `/models/${name}.gguf` },
  source: 'hf:someone/something',
  shipped,
  location: 'models.yaml:2:1',
});

/** Runtime whose registry has a model `mini` and its alias `claude-small`. */
function openRuntime(backend: Backend, more: readonly RegistryModel[] = []): Runtime {
  const spec: ModelSpec = { name: 'mini', backend: 'llama', file: FILE };
  const runtime = new Runtime({
    registry: () => ({
      defaultModel: 'mini',
      models: new Map<string, RegistryModel>([
        ['mini', { spec, shipped: false, location: 'models.yaml:1:1' }],
        ...more.map((model): [string, RegistryModel] => [model.spec.name, model]),
      ]),
      aliases: new Map([['claude-small', 'mini']]),
      dangling: new Map([
        ['claude-big', 'big'],
        ['big', 'qwen3:8b'],
        ['claude-cloud', 'glm:cloud'],
        ['lost', 'nothing'],
      ]),
      problems: ["models.yaml:9:3: alias 'big' leads to 'qwen3:8b', which has no entry"],
    }),
    backends: { ollama: async () => backend },
    discovering: ['ollama'],
    exists: (file) => file === FILE,
    overflow: 'clamp',
  });
  onTestFinished(() => runtime.close());
  return runtime;
}

/** Like `openRuntime`, with an Ollama that has these models. */
async function beside(...names: readonly string[]): Promise<Runtime> {
  const { url, close } = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ models: names.map((name) => ({ name })) }));
  });
  onTestFinished(close);
  return openRuntime(createOllamaBackend({ defaultUrl: url }));
}

const namesOf = async (runtime: Runtime) => (await runtime.models()).map(({ name }) => name);

/** Backend and model that a name resolves to. */
async function meant(runtime: Runtime, name: string): Promise<string> {
  const { model } = await runtime.resolve(name);
  return `${model.spec.backend} ${model.spec.name}`;
}

describe('models without an entry', () => {
  covers('R4.1-discover', 'R4.1-cloud');

  it('are listed after those of the registry, whose names have priority', async () => {
    const runtime = await beside('qwen3:8b', 'mini:latest', 'claude-small:latest', 'llama3:latest');
    expect(await namesOf(runtime)).toEqual([
      'mini',
      'claude-small',
      'claude-big',
      'big',
      'qwen3:8b',
      'llama3:latest',
    ]);
  });

  it.each([
    ['qwen3:8b', 'ollama qwen3:8b'],
    ['llama3', 'ollama llama3:latest'],
    ['llama3:latest', 'ollama llama3:latest'],
    ['mini', 'llama mini'],
    ['mini:latest', 'llama mini'],
    ['claude-small', 'llama mini'],
    ['claude-mine', 'ollama claude-mine:latest'],
    ['big', 'ollama qwen3:8b'],
    ['claude-big', 'ollama qwen3:8b'],
    ['claude-cloud', 'ollama glm:cloud'],
    ['claude-opus-4', 'llama mini'],
    ['kimi-k2:1t-cloud', 'ollama kimi-k2:1t-cloud'],
  ])('resolve %s to %s', async (name, model) => {
    const runtime = await beside('qwen3:8b', 'mini:latest', 'llama3:latest', 'claude-mine:latest');
    expect(await meant(runtime, name)).toBe(model);
  });

  it('override a shipped entry without a file, but not one of the user', async () => {
    const { url, close } = await serve((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"models":[{"name":"coder:latest"},{"name":"mine:latest"}]}');
    });
    onTestFinished(close);
    const entries = [entryOf('coder', true), entryOf('mine', false), entryOf('other', true)];
    const runtime = openRuntime(createOllamaBackend({ defaultUrl: url }), entries);
    expect(await meant(runtime, 'coder')).toBe('ollama coder:latest');
    expect(await meant(runtime, 'coder:latest')).toBe('ollama coder:latest');
    for (const name of ['mine', 'other']) {
      await expect(runtime.resolve(name)).rejects.toThrow(`get it with: portico pull ${name}`);
    }
    expect(await namesOf(runtime)).toEqual(['mini', 'claude-small', 'coder:latest']);
  });

  it('are listed in the error for an unknown name', async () => {
    const runtime = await beside('qwen3:8b');
    await expect(runtime.resolve('qwen4')).rejects.toMatchObject({
      code: 'model-not-found',
      message: 'model: qwen4 is not known; there are mini, qwen3:8b, claude-small, claude-big, big',
    });
  });

  it('answer by name, and then for a claude-… name of the same session', async () => {
    const recording = await fixturesOf('ollama').read('text');
    const listing = {
      request: { method: 'GET', path: '/api/tags' },
      response: {
        status: 200,
        contentType: 'application/json',
        chunks: [{ afterMs: 0, text: '{"models":[{"name":"tiny:latest"}]}' }],
      },
    };
    const exchanges = recording.exchanges.map(({ request: { method, path }, response }) => ({
      request: { method, path },
      response,
    }));
    const server = await startReplay({ ...recording, exchanges: [listing, ...exchanges] });
    onTestFinished(server.close);
    const runtime = openRuntime(createOllamaBackend({ defaultUrl: server.url }));
    const {
      model: _model,
      overflow: _overflow,
      ...asked
    } = request({ name: '', backend: 'ollama' }, said('Count from 1 to 5.'), {
      session: { session: 'one' },
    });
    for (const name of ['tiny', 'claude-haiku-4']) {
      const { events, resolution } = await runtime.generate(name, asked, signal);
      expect(resolution.model.spec.name).toBe('tiny:latest');
      expect((await collect(events)).text).toBe('1, 2, 3, 4, 5');
    }
  });
});

describe('an Ollama that does not run', () => {
  covers('R4.1-away');

  it('is not asked for a name of the registry', async () => {
    const backend = createOllamaBackend({ defaultUrl: 'http://127.0.0.1:9' });
    const asked: (string | undefined)[] = [];
    const discover = async (name?: string) => {
      asked.push(name);
      return [];
    };
    const runtime = openRuntime({ ...backend, discover });
    await runtime.resolve('mini');
    await runtime.resolve('claude-small');
    expect(asked).toEqual([]);
    await runtime.resolve('claude-opus-4');
    expect(asked).toEqual(['claude-opus-4']);
  });

  it('does not affect other models, and is found after its start', async () => {
    const { close, url, port } = await serve(() => undefined);
    await close();
    const runtime = openRuntime(createOllamaBackend({ defaultUrl: url }));
    expect(await namesOf(runtime)).toEqual(['mini', 'claude-small']);
    expect(await meant(runtime, 'claude-opus-4')).toBe('llama mini');
    await expect(runtime.resolve('qwen3:8b')).rejects.toMatchObject({ code: 'model-not-found' });
    await expect(runtime.resolve('big')).rejects.toMatchObject({
      code: 'model-not-found',
      message:
        "model: big can't be used: models.yaml:9:3: alias 'big' leads to 'qwen3:8b', which has no entry",
    });
    const server = await serve((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end('{"models":[{"name":"qwen3:8b"}]}');
    }, port);
    onTestFinished(server.close);
    await expect.poll(() => namesOf(runtime), { timeout: 8_000 }).toContain('qwen3:8b');
  });
});
