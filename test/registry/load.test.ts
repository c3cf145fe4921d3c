import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RuntimeFailure } from '../../src/core/failure.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { registryFolder, registryOf } from './folder.ts';
import { covers } from '../support/covers.ts';

describe('an entry', () => {
  covers('R2.10-shape');

  it('becomes all that its backend needs', async () => {
    const registry = await registryOf(`
models:
  mine:
    backend: llama
    file: /models/mine.gguf
    context: 4096
    template: "{{ messages[0].content }}"
    sampling: { temperature: 0.7, top_p: 0.8, top_k: 20, min_p: 0.1, seed: 1 }
    description: my own
    source: https://example.com/mine.gguf
    size: 1 GB
    memory: 2000000000
`);
    expect(registry.problems).toEqual([]);
    expect(registry.models.get('mine')).toEqual({
      spec: {
        name: 'mine',
        backend: 'llama',
        file: '/models/mine.gguf',
        context: 4096,
        template: '{{ messages[0].content }}',
        sampling: { temperature: 0.7, topP: 0.8, topK: 20, minP: 0.1, seed: 1 },
      },
      description: 'my own',
      source: 'https://example.com/mine.gguf',
      sizeBytes: 1e9,
      memoryBytes: 2e9,
      shipped: false,
      location: expect.stringMatching(/home.models\.yaml:3:3$/),
    });
  });

  it('names its upstream, by default with the same name', async () => {
    const registry = await registryOf(`
models:
  llama3.2: { backend: ollama }
  fast: { backend: ollama, upstream: 'qwen3:4b', url: 'http://10.0.0.2:11434' }
  big: { backend: openai, url: 'http://127.0.0.1:8000/v1' }
`);
    expect(registry.problems).toEqual([]);
    expect([...registry.models.values()].slice(-3).map(({ spec }) => spec)).toEqual([
      { name: 'llama3.2', backend: 'ollama', upstream: 'llama3.2' },
      { name: 'fast', backend: 'ollama', upstream: 'qwen3:4b', url: 'http://10.0.0.2:11434' },
      { name: 'big', backend: 'openai', upstream: 'big', url: 'http://127.0.0.1:8000/v1' },
    ]);
  });

  it.each([
    ['./beside.gguf', (home: string) => join(home, 'beside.gguf')],
    ['../up.gguf', (home: string) => join(dirname(home), 'up.gguf')],
    ['there.gguf', (home: string) => join(home, 'there.gguf')],
    ['elsewhere.gguf', (home: string) => join(home, 'models', 'elsewhere.gguf')],
    ['~/in-home.gguf', () => join(homedir(), 'in-home.gguf')],
  ])('with file %s finds it', async (written, expected) => {
    const files = await registryFolder(`models: { m: { backend: llama, file: '${written}' } }`);
    await writeFile(join(dirname(files.user), 'there.gguf'), 'GGUF');
    const registry = await loadRegistry(files);
    expect(registry.models.get('m')?.spec.file).toBe(expected(dirname(files.user)));
  });

  it('with only a source has a file of its own in the models folder', async () => {
    const files = await registryFolder(`
models:
  'a/b:7b': { backend: llama, source: 'hf:x/y' }
  a-b-7b: { backend: llama, source: 'hf:x/z' }
`);
    const { models } = await loadRegistry(files);
    expect(models.get('a/b:7b')?.spec.file).toBe(join(files.modelsFolder, 'a%2Fb%3A7b.gguf'));
    expect(models.get('a-b-7b')?.spec.file).toBe(join(files.modelsFolder, 'a-b-7b.gguf'));
  });

  it('reads its template from a file', async () => {
    const files = await registryFolder(
      'models: { m: { backend: llama, file: /m.gguf, template: ./chat.jinja } }',
    );
    await writeFile(join(dirname(files.user), 'chat.jinja'), '{{ bos_token }}');
    const { models } = await loadRegistry(files);
    expect(models.get('m')?.spec.template).toBe('{{ bos_token }}');
  });
});

describe('the user’s file', () => {
  covers('R2.10-overlay');

  it('need not be there, and may be empty', async () => {
    for (const user of [undefined, '', '# only a comment\n', 'models:\naliases:\ndefault:\n']) {
      const registry = await registryOf(user);
      expect([...registry.models.keys()]).toEqual(['mini', 'known']);
      expect(registry).toMatchObject({ defaultModel: 'mini', problems: [] });
    }
  });

  it('overrides the shipped one, by name', async () => {
    const registry = await registryOf(`
default: quick
models:
  known: { backend: ollama, upstream: elsewhere }
aliases:
  quick: known
  quicker: quick
`);
    expect(registry.defaultModel).toBe('quick');
    expect(registry.models.get('known')).toMatchObject({
      shipped: false,
      spec: { backend: 'ollama', upstream: 'elsewhere' },
    });
    expect(registry.models.get('mini')?.shipped).toBe(true);
    expect(Object.fromEntries(registry.aliases)).toEqual({ quick: 'known', quicker: 'quick' });
    expect(registry.problems).toEqual([]);
  });
});

describe('one bad entry', () => {
  covers('R2.10-broken');

  const rows: readonly [string, string, string, RegExp][] = [
    ['an unknown backend', 'models:\n  bad: { backend: lama }', '2:19', /"llama"\|"ollama"/],
    ['no file', 'models:\n  bad:\n    backend: llama', '3:14', /needs 'file'.*or 'source'/],
    ['no url', 'models:\n  bad: { backend: openai }', '2:19', /needs 'url', such as/],
    [
      'an unknown key',
      'models:\n  bad:\n    backend: ollama\n    contxt: 3',
      '4:5',
      /contxt.*not known/,
    ],
    [
      'a value out of range',
      'models:\n  bad:\n    backend: ollama\n    sampling:\n      temperature: 3',
      '5:20',
      /<=2/,
    ],
    ['a size that is none', 'models:\n  bad: { backend: ollama, size: huge }', '2:33', /18\.6 GB/],
    ['no mapping', 'models:\n  bad: ollama', '2:8', /such as \{ backend: ollama/],
    [
      'a source that is none',
      'models:\n  bad: { backend: llama, source: ftp://x }',
      '2:34',
      /hf: or https/,
    ],
    [
      'a template that is not there',
      'models:\n  bad: { backend: ollama, template: ./no.jinja }',
      '2:37',
      /no\.jinja.*correct/,
    ],
    ['an alias to nothing', 'aliases:\n  bad: nothing', '2:3', /leads to 'nothing'.*portico ls/],
    ['an alias that is no name', 'aliases:\n  bad: [a]', '2:8', /must be the name of a model/],
    ['an alias with a model’s name', 'aliases:\n  mini: known', '2:3', /name of a model; choose/],
    ['an MCP server that is no mapping', 'mcp:\n  bad: node', '2:8', /must be a mapping, such as/],
    ['a key that is none', 'modles: {}', '1:1', /'modles' is none of 'default'/],
  ];

  it.each(rows)('with %s is a problem with its place', async (_, bad, place, reason) => {
    const registry = await registryOf(`${bad}\n${ALSO[bad.split(':')[0] ?? ''] ?? ''}`);
    expect(registry.problems).toHaveLength(1);
    expect(registry.problems[0]).toMatch(new RegExp(`home.models\\.yaml:${place}: `));
    expect(registry.problems[0]).toMatch(reason);
    expect(registry.problems[0]).not.toContain('\n');
    expect(registry.models.has('bad')).toBe(false);
    expect(registry.aliases.has('bad')).toBe(false);
    expect(registry.models.has('good') || registry.aliases.has('good')).toBe(true);
  });

  it('keeps a default without an entry, which Ollama may have, and reports it', async () => {
    const registry = await registryOf('default: nothing');
    expect(registry.defaultModel).toBe('nothing');
    expect(registry.problems).toEqual([
      expect.stringMatching(/:1:10: the default 'nothing' leads to 'nothing', .*portico ls/),
    ]);
  });

  it('leaves all of a circle out, and says how it goes', async () => {
    const registry = await registryOf('aliases:\n  a: b\n  b: c\n  c: a\n  good: mini\n');
    expect(registry.problems).toHaveLength(3);
    expect(registry.problems[0]).toMatch(/:2:3: alias 'a' leads in a circle: a -> b -> c -> a/);
    expect([...registry.aliases.keys()]).toEqual(['good']);
  });
});

/** A good entry beside the bad one, in the same table or in another. */
const ALSO: Readonly<Record<string, string>> = {
  models: '  good: { backend: ollama }',
  aliases: '  good: mini',
  default: 'aliases: { good: mini }',
  mcp: 'aliases: { good: mini }',
  modles: 'aliases: { good: mini }',
};

describe('a broken file', () => {
  covers('R2.10-broken');

  it.each([
    ['no YAML', 'models:\n  a: "x\n', '3:1'],
    ['a tab', 'models:\n\ta: 1\n', '2:1'],
    ['a name twice', 'aliases:\n  a: mini\n  a: known\n', '3:3'],
    ['a list', '- mini\n', '1:1'],
    ['models as a list', 'default: mini\nmodels:\n  - mini\n', '3:3'],
    ['aliases as text', 'aliases: mini\n', '1:10'],
    ['a default that is no name', 'default: [mini]\n', '1:10'],
    ['an alias of YAML to nothing', 'aliases:\n  a: *nowhere\n', '2:6'],
  ])('with %s is reported with line and column', async (_, text, place) => {
    const files = await registryFolder(text);
    const attempt = loadRegistry(files);
    await expect(attempt).rejects.toBeInstanceOf(RuntimeFailure);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid-request' });
    await expect(attempt).rejects.toThrow(new RegExp(`^[^ ]*home.models\\.yaml:${place}: `));
  });

  it('that is a folder is named', async () => {
    const files = await registryFolder();
    await mkdir(files.user, { recursive: true });
    await expect(loadRegistry(files)).rejects.toThrow(/models\.yaml can't be read.*--models FILE/);
  });
});
