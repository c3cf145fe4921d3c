import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOllamaBackend } from '../../../src/backends/ollama/backend.ts';
import type { Backend } from '../../../src/core/backend.ts';
import { collect, request, said } from '../../support/requests.ts';
import { readBody, serve } from '../../support/upstream/replay.ts';
import type { LocalServer } from '../../support/upstream/replay.ts';

const signal = AbortSignal.timeout(30_000);

/** Answer of /api/show for each model: its trained length, and its Modelfile's parameters. */
const SHOWN: Readonly<
  Record<
    string,
    { readonly trained: number; readonly parameters?: string; readonly remote_model?: string }
  >
> = {
  'plain:latest': { trained: 131_072 },
  'short:latest': { trained: 2048 },
  'filed:latest': { trained: 131_072, parameters: 'stop  "<|im_end|>"\nnum_ctx    65536' },
  'running:latest': { trained: 131_072 },
  'huge:cloud': { trained: 1_000_000 },
  'copied:latest': { trained: 1_000_000, remote_model: 'huge' },
};

/** Models of Ollama's cloud: one by its name, and one that `ollama cp` named. */
const CLOUD = ['huge:cloud', 'copied:latest'];

const RUNNING = {
  models: [
    { name: 'running:latest', model: 'running:latest', context_length: 16_384 },
    { name: 'filed:latest', model: 'filed:latest', context_length: 4096 },
  ],
};

let ollama: LocalServer;
let backend: Backend;
const options: unknown[] = [];
beforeAll(async () => {
  ollama = await serve((incoming, response) => {
    void reply(incoming, response);
  });
  backend = createOllamaBackend({ defaultUrl: ollama.url });
});
afterAll(async () => {
  await backend.close();
  await ollama.close();
});

async function reply(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await readBody(incoming)).toString();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answerTo(incoming.url, body)));
}

function answerTo(path: string | undefined, body: string): unknown {
  if (path === '/api/ps') return RUNNING;
  const asked = JSON.parse(body) as { readonly model: string; readonly options?: unknown };
  if (path === '/api/chat') {
    options.push(asked.options);
    const message = { role: 'assistant', content: 'Hi' };
    return { message, done: true, done_reason: 'stop', prompt_eval_count: 3, eval_count: 1 };
  }
  const { trained, ...shown } = SHOWN[asked.model] ?? { trained: 1 };
  return {
    details: { family: 'qwen3' },
    capabilities: ['completion'],
    model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': trained },
    ...shown,
  };
}

describe('the context of a model on Ollama', () => {
  it.each([
    ['plain:latest', undefined, 32_768],
    ['short:latest', undefined, 2048],
    ['filed:latest', undefined, 65_536],
    ['running:latest', 8192, 8192],
    ['running:latest', undefined, 16_384],
    ['huge:cloud', undefined, 1_000_000],
    ['huge:cloud', 200_000, 200_000],
    ['copied:latest', undefined, 1_000_000],
  ])(
    '%s with the entry’s %s is %i tokens, reported and asked for',
    async (name, context, tokens) => {
      const spec = { name, backend: 'ollama' as const, ...(context !== undefined && { context }) };
      expect((await backend.capabilities(spec, signal)).contextTokens).toBe(tokens);
      options.length = 0;
      await collect(backend.generate(request(spec, said('Hello')), signal));
      const [sent] = options;
      if (CLOUD.includes(name)) expect(sent).not.toHaveProperty('num_ctx');
      else expect(sent).toMatchObject({ num_ctx: tokens });
    },
  );
});
