import { describe, expect, it } from 'vitest';
import { entriesByKind } from '../../src/backends/index.ts';
import { parseRegistryDocument } from '../../src/registry/document.ts';
import { readEntries } from '../../src/registry/entries.ts';
import { covers } from '../support/covers.ts';

function read(entry: string) {
  const text = `models:\n  m: ${entry}\n`;
  return readEntries(parseRegistryDocument(text, 'models.yaml'), {
    places: {
      registryFile: '/home/models.yaml',
      modelsFolder: '/home/models',
      homeFolder: '/home',
      exists: () => false,
    },
    shipped: false,
    entries: entriesByKind(),
  });
}

describe('parallel of an entry', () => {
  covers('R6.1-parallel');

  it('is how many requests its model answers at once', () => {
    const { models, problems } = read('{ backend: llama, file: m.gguf, parallel: 3 }');
    expect(problems).toEqual([]);
    expect(models.get('m')?.spec).toMatchObject({ parallel: 3 });
  });

  it.each([
    ['{ backend: llama, file: m.gguf, parallel: 0 }', 'models.m.parallel'],
    ['{ backend: ollama, parallel: 2 }', "only a model with 'backend: llama' can have 'parallel'"],
  ])('is a problem in %s', (entry, problem) => {
    expect(read(entry).problems).toEqual([expect.stringContaining(problem)]);
  });
});
