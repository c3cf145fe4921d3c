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

const URL = "url: 'http://127.0.0.1:8000/v1'";

describe('an entry of a model on a server with OpenAI’s API', () => {
  covers('R4.2-entry', 'R4.2-secret');

  it('has all that its backend needs', () => {
    const entry = `{ backend: openai, ${URL}, upstream: theirs, key: TEAM_KEY, headers: { x-team: us }, server: vllm, images: true, image_longest_edge: 896, thinking: effort, context: 9 }`;
    const { models, problems } = read(entry);
    expect(problems).toEqual([]);
    expect(models.get('m')?.spec).toEqual({
      name: 'm',
      backend: 'openai',
      url: 'http://127.0.0.1:8000/v1',
      upstream: 'theirs',
      key: 'TEAM_KEY',
      headers: { 'x-team': 'us' },
      server: 'vllm',
      images: true,
      imageLongestEdge: 896,
      thinking: 'effort',
      context: 9,
    });
  });

  it.each([
    [
      'a key itself',
      `{ backend: openai, ${URL}, key: sk-very-secret }`,
      /m\.key: must be the name of an environment variable/,
    ],
    [
      'an unknown server',
      `{ backend: openai, ${URL}, server: mine }`,
      /m\.server: .*llama-server.*vllm/,
    ],
    [
      'an edge that no picture has',
      `{ backend: openai, ${URL}, image_longest_edge: 9000 }`,
      /m\.image_longest_edge: /,
    ],
    [
      'a header of two lines',
      `{ backend: openai, ${URL}, headers: { a: "b\\nc" } }`,
      /m\.headers\.a: must be one line/,
    ],
    ['a header without a name', `{ backend: openai, ${URL}, headers: { "a b": c } }`, /headers/],
    [
      'a key for Ollama',
      '{ backend: ollama, key: K }',
      /m\.key: only a model with 'backend: openai'/,
    ],
    ['no URL', '{ backend: openai }', /needs 'url'/],
  ])('with %s is a problem, with its place, and shows no key', (_name, entry, says) => {
    const { models, problems } = read(entry);
    expect(models.size).toBe(0);
    expect(problems.join('\n')).toMatch(says);
    expect(problems.join('\n')).toMatch(/^models\.yaml:2:\d+: /);
    expect(problems.join('\n')).not.toContain('very-secret');
  });
});
