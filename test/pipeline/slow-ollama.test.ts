import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOllamaBackend } from '../../src/backends/ollama/backend.ts';
import type { RegistryModel } from '../../src/registry/registry.ts';
import { Runtime } from '../../src/pipeline/runtime.ts';
import { serve } from '../support/upstream/replay.ts';

/** Runtime with an Ollama that lists its models after `slowness.milliseconds`. */
async function beside(
  slowness: { milliseconds: number },
  names: string[],
  defaultModel = 'mini',
): Promise<Runtime> {
  const { url, close } = await serve((_request, response) => {
    const answer = (): void => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ models: names.map((name) => ({ name })) }));
    };
    setTimeout(answer, slowness.milliseconds).unref();
  });
  onTestFinished(close);
  const backend = createOllamaBackend({ defaultUrl: url });
  const mini: RegistryModel = {
    spec: { name: 'mini', backend: 'llama', file: '/models/mini.gguf' },
    shipped: true,
    location: 'models.yaml:1:1',
  };
  const coder: RegistryModel = {
    spec: { name: 'coder', backend: 'llama', file: '/models/coder.gguf' },
    source: 'hf:someone/coder',
    shipped: true,
    location: 'models.yaml:2:1',
  };
  const runtime = new Runtime({
    registry: () => ({
      defaultModel,
      models: new Map([
        ['mini', mini],
        ['coder', coder],
      ]),
      aliases: new Map(),
      problems: [],
    }),
    backends: { ollama: async () => backend },
    discovering: ['ollama'],
    exists: (file) => file === '/models/mini.gguf',
    overflow: 'clamp',
  });
  onTestFinished(() => runtime.close());
  return runtime;
}

async function meant(runtime: Runtime, name: string): Promise<string> {
  return (await runtime.resolve(name)).model.spec.name;
}

const listed = async (runtime: Runtime) => (await runtime.models()).map(({ name }) => name);

describe('a slow Ollama', () => {
  // Only the age of lists is faked; the server and the timeouts take their time.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('keeps its known models, and is asked about a new name before that is unknown', async () => {
    const slowness = { milliseconds: 600 };
    const names = ['qwen3:8b'];
    const runtime = await beside(slowness, names);
    expect(await meant(runtime, 'qwen3:8b')).toBe('qwen3:8b');
    vi.advanceTimersByTime(510);
    names.push('llama3:latest');
    expect(await meant(runtime, 'llama3')).toBe('llama3:latest');
    vi.advanceTimersByTime(510);
    await expect(runtime.resolve('nothing')).rejects.toMatchObject({ code: 'model-not-found' });
  });

  it.each(['coder', 'llama3'])(
    'is waited for if the default %s stands in for another name',
    async (name) => {
      const runtime = await beside({ milliseconds: 1_200 }, [`${name}:latest`], name);
      expect(await meant(runtime, 'claude-opus-4')).toBe(`${name}:latest`);
    },
  );

  it('is a 529 if it is silent and may have the default', async () => {
    const runtime = await beside({ milliseconds: 60_000 }, [], 'coder');
    await expect(runtime.resolve('claude-opus-4')).rejects.toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('model: coder may be on the Ollama server'),
    });
  });

  it('keeps its last list if it stops answering, and is a 529 for a name that may be new', async () => {
    const slowness = { milliseconds: 0 };
    const runtime = await beside(slowness, ['qwen3:8b']);
    expect(await listed(runtime)).toEqual(['mini', 'qwen3:8b']);
    slowness.milliseconds = 60_000;
    vi.advanceTimersByTime(510);
    let isRefused = false;
    const refused = runtime.resolve('new').finally(() => (isRefused = true));
    refused.catch(() => undefined);
    expect(await meant(runtime, 'mini')).toBe('mini');
    expect(await meant(runtime, 'claude-opus-4')).toBe('mini');
    expect(await listed(runtime)).toEqual(['mini', 'qwen3:8b']);
    expect(await meant(runtime, 'qwen3:8b')).toBe('qwen3:8b');
    expect(isRefused).toBe(false);
    await expect(refused).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 5 });
  });
});
