import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entriesByKind } from '../../src/backends/index.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { resolveModel } from '../../src/registry/resolve.ts';
import { shippedRegistryFile } from '../../src/registry/shipped.ts';
import { registryFolder } from './folder.ts';
import { covers } from '../support/covers.ts';

const files = {
  shipped: shippedRegistryFile,
  user: join('nowhere', 'models.yaml'),
  modelsFolder: 'nowhere',
  entries: entriesByKind(),
};

describe('the shipped registry', () => {
  covers('R2.9-default');

  it('has mini as its default, with its file', async () => {
    const registry = await loadRegistry(files);
    expect(registry).toMatchObject({ defaultModel: 'mini', problems: [] });
    const { model, via } = resolveModel(registry, 'claude-sonnet-4-5', { exists: existsSync });
    expect(via).toBe('stand-in');
    expect(model.spec).toMatchObject({ name: 'mini', backend: 'llama', context: 8192 });
  });
});

describe('the shape of the shipped registry', () => {
  covers('R2.10-known', 'R2.10-shape');

  it.each(['qwen3-coder', 'gpt-oss:20b', 'glm-4.7', 'glm-4.7-flash', 'minimax-m2.1'])(
    'knows where to get %s and what it needs',
    async (name) => {
      const model = (await loadRegistry(files)).models.get(name);
      expect(model?.source).toMatch(/^hf:[\w.-]+\/[\w.-]+-GGUF[:/]/);
      expect(model?.sizeBytes).toBeGreaterThan(1e9);
      expect(model?.memoryBytes).toBeGreaterThan(model?.sizeBytes ?? Infinity);
    },
  );

  it('explains in comments what is valid when it is written', async () => {
    const text = await readFile(shippedRegistryFile, 'utf8');
    const examples = [...text.matchAll(/^# {3}models:\n(?:# {5,}.*\n)+/gm)].map(([block]) =>
      // The words beside the keys, after two spaces or more, are not part of the example.
      block.replaceAll(/^# {3}/gm, '').replaceAll(/^(.*?\S) {2,}\S.*$/gm, '$1'),
    );
    expect(examples).toHaveLength(4);
    for (const example of examples.slice(1)) {
      const user = await registryFolder(example);
      const registry = await loadRegistry(user);
      expect(registry.problems).toEqual([]);
      expect([...registry.models.values()].filter(({ shipped }) => !shipped)).toHaveLength(1);
    }
  });
});
