import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { definitionOf, entriesByKind } from '../../src/backends/index.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { shippedRegistryFile } from '../../src/registry/shipped.ts';
import { event, startActing } from '../backends/openai/acting-server.ts';
import type { Act } from '../backends/openai/acting-server.ts';
import { messageOf, post, request, textOf } from '../support/messages-api.ts';
import { REPOSITORY, startServer } from '../support/server.ts';

const FOLDER = path.join(REPOSITORY, 'examples/compose');
const REGISTRY = path.join(FOLDER, 'models.yaml');

const COMPOSE = z.object({
  services: z.record(
    z.string(),
    z.looseObject({
      command: z.array(z.string()).optional(),
      volumes: z.array(z.string()),
      deploy: z.unknown().optional(),
    }),
  ),
});

const says = (text: string): Act => ({ events: [event({ content: text }), event({}, 'stop')] });

describe('Docker Compose', () => {
  it('has a service for each server of models.yaml, on a GPU of its own', async () => {
    const entries = entriesByKind();
    const files = { shipped: shippedRegistryFile, user: REGISTRY, modelsFolder: FOLDER, entries };
    const { models, problems, defaultModel } = await loadRegistry(files);
    expect(problems).toEqual([]);
    const spec = models.get(defaultModel)?.spec;
    const text = await readFile(path.join(FOLDER, 'compose.yaml'), 'utf8');
    const { services } = COMPOSE.parse(parse(text, { merge: true }));
    const replicas = Object.entries(services).filter(([name]) => name !== 'portico');
    expect(spec && definitionOf(spec)?.describeEntry(spec, {}).servers).toEqual(
      replicas.map(([name]) => `http://${name}:8000/v1`),
    );
    for (const [, { command }] of replicas) {
      expect(command).toContain(`--served-model-name=${spec?.upstream}`);
      expect(command).toContain(`--max-model-len=${spec?.context}`);
    }
    expect(new Set(replicas.map(([, { deploy }]) => JSON.stringify(deploy))).size).toBe(2);
    expect(services['portico']?.volumes).toContain('./models.yaml:/data/models.yaml:ro');
  });

  it('spreads sessions over the replicas', async () => {
    const models = [{ id: 'qwen3-8b', owned_by: 'vllm', max_model_len: 32_768 }];
    const replicas = {
      'vllm-a': await startActing(() => says('from a'), models),
      'vllm-b': await startActing(() => says('from b'), models),
    };
    let registry = await readFile(REGISTRY, 'utf8');
    for (const [name, { port }] of Object.entries(replicas)) {
      registry = registry.replace(`${name}:8000`, `127.0.0.1:${port}`);
    }
    const server = await startServer({ registry });
    onTestFinished(async () => void (await server.stop()));
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        const body = request('Hi', { model: 'claude-x', metadata: { user_id: `user-${index}` } });
        return textOf(await messageOf(await post(`${server.url}/v1/messages`, body)));
      }),
    );
    expect(new Set(answers)).toEqual(new Set(['from a', 'from b']));
  });
});
