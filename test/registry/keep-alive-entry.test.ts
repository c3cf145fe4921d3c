import { describe, expect, it } from 'vitest';
import { entriesByKind } from '../../src/backends/index.ts';
import { parseRegistryDocument } from '../../src/registry/document.ts';
import { readEntries } from '../../src/registry/entries.ts';
import { covers } from '../support/covers.ts';

const places = {
  registryFile: '/home/models.yaml',
  modelsFolder: '/home/models',
  homeFolder: '/home',
  exists: () => false,
};

function read(entry: string) {
  const text = `models:\n  m: ${entry}\n`;
  return readEntries(parseRegistryDocument(text, 'models.yaml'), {
    places,
    shipped: false,
    entries: entriesByKind(),
  });
}

describe('keep_alive of an entry', () => {
  covers('R4.1-keep-alive');

  it.each([
    ['{ backend: ollama, keep_alive: 5m }', 300_000],
    ['{ backend: ollama, keep_alive: 300 }', 300_000],
    ['{ backend: ollama, keep_alive: -1 }', 'always'],
    ['{ backend: llama, file: m.gguf, keep_alive: always }', 'always'],
    ['{ backend: llama, file: m.gguf, keep_alive: 0 }', 0],
    ['{ backend: ollama }', undefined],
  ])('%s is %o', (entry, expected) => {
    const { models, problems } = read(entry);
    expect(problems).toEqual([]);
    expect(models.get('m')?.spec.keepAliveMs).toBe(expected);
  });

  it.each([
    ['{ backend: ollama, keep_alive: soon }', 'models.yaml:2:37: models.m.keep_alive: must be'],
    ['{ backend: ollama, keep_alive: true }', 'models.yaml:2:37: models.m.keep_alive: must be'],
    [
      "{ backend: openai, url: 'http://h/v1', preload: true }",
      'models.yaml:2:54: models.m.preload: a server that speaks OpenAI’s API decides that',
    ],
    [
      "{ backend: openai, url: 'http://h/v1', keep_alive: 5m }",
      'models.yaml:2:57: models.m.keep_alive: a server that speaks OpenAI’s API decides that',
    ],
  ])('%s is a problem with its place', (entry, problem) => {
    const { models, problems } = read(entry);
    expect(models.size).toBe(0);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });
});
