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

function read(...lines: readonly string[]) {
  const text = ['models:', '  m:', ...lines.map((line) => `    ${line}`), ''].join('\n');
  return readEntries(parseRegistryDocument(text, 'models.yaml'), {
    places,
    shipped: false,
    entries: entriesByKind(),
  });
}

describe('an entry with several servers', () => {
  covers('R4.3-entry');

  it('has them all, with what is their own', () => {
    const { models, problems } = read(
      'backend: openai',
      'providers:',
      '  - { url: http://10.0.0.1:8000/v1, weight: 2, server: vllm }',
      '  - { url: https://c.example/v1, upstream: theirs, key: K, headers: { a: b } }',
    );
    expect(problems).toEqual([]);
    expect(models.get('m')?.spec).toEqual({
      name: 'm',
      backend: 'openai',
      upstream: 'm',
      providers: [
        { url: 'http://10.0.0.1:8000/v1', weight: 2, server: 'vllm' },
        { url: 'https://c.example/v1', upstream: 'theirs', key: 'K', headers: { a: 'b' } },
      ],
    });
  });

  const GOOD = '  - url: http://10.0.0.1/v1';

  it.each<[string, readonly string[], string | RegExp]>([
    [
      'a URL of another kind',
      ['backend: openai', 'providers:', GOOD, '  - url: ftp://x'],
      'models.yaml:6:14: models.m.providers.1.url: must be an http or https URL',
    ],
    [
      'a server listed twice',
      ['backend: openai', 'providers:', GOOD, GOOD],
      /^models\.yaml:6:14: models\.m\.providers\.1\.url: is already listed; set/,
    ],
    [
      'no weight',
      ['backend: openai', 'providers:', GOOD, '    weight: 0'],
      'models.yaml:6:17: models.m.providers.0.weight: must be more than 0',
    ],
    [
      'an unknown key',
      ['backend: openai', 'providers:', GOOD, '    wait: 1'],
      /^models\.yaml:6:9: models\.m\.providers\.0\.wait: this key is not known/,
    ],
    [
      'a plain URL in the list',
      ['backend: openai', 'providers:', GOOD, '  - http://10.0.0.2/v1'],
      /^models\.yaml:6:9: models\.m\.providers\.1: must be a mapping, such as \{ url:/,
    ],
    [
      'no list',
      ['backend: openai', 'providers: http://10.0.0.2/v1'],
      /^models\.yaml:4:16: models\.m\.providers: must be a list; each/,
    ],
    [
      'an empty list',
      ['backend: openai', 'providers: []'],
      /^models\.yaml:4:16: models\.m\.providers: must name at least one server/,
    ],
    [
      'a URL beside the list',
      ['backend: openai', 'url: http://10.0.0.1/v1', 'providers:', GOOD],
      /^models\.yaml:4:10: models\.m\.url: .*add it to the list/,
    ],
    [
      'another backend',
      ['backend: ollama', 'providers:', GOOD],
      /^models\.yaml:5:7: models\.m\.providers: only a model with 'backend: openai'/,
    ],
  ])('with %s is one line, with its place', (_name, lines, line) => {
    const { models, problems } = read(...lines);
    expect(models.size).toBe(0);
    expect(problems).toEqual([
      typeof line === 'string' ? line : (expect.stringMatching(line) as string),
    ]);
  });
});
