import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseRegistryDocument } from '../../src/registry/document.ts';
import { setDefaultModel } from '../../src/registry/edit.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { registerModel } from '../../src/registry/register.ts';
import { withDefaultModel, withModel, withModelFile } from '../../src/registry/rewrite.ts';
import { registryFolder } from './folder.ts';
import { covers } from '../support/covers.ts';

const read = (text: string) => parseRegistryDocument(text, 'models.yaml');

describe('a default', () => {
  covers('R4.6-default');

  it.each([
    [
      'is changed in place',
      '# top\ndefault: "a" # mine\nmodels: {}\n',
      '# top\ndefault: new # mine\nmodels: {}\n',
    ],
    [
      'is added at the end',
      '# top\naliases:\n  a: mini\n  # end',
      '# top\naliases:\n  a: mini\n  # end\ndefault: new\n',
    ],
    ['is added to comments', '# top\n', '# top\ndefault: new\n'],
    ['takes the place of nothing', 'default:\nmodels: {}\n', 'default: new\nmodels: {}\n'],
    ['is changed in braces', '{default: a}', '{ default: new }\n'],
  ])('%s', (_case, text, expected) => {
    expect(withDefaultModel(read(text), text, 'new')).toBe(expected);
  });

  it('is read again, and may be an alias or a model that is not here yet', async () => {
    const files = await registryFolder('aliases:\n  a: mini\n');
    expect(await setDefaultModel(files, 'a')).toEqual({ model: expect.anything() });
    expect((await loadRegistry(files)).defaultModel).toBe('a');
    const { pull } = await setDefaultModel(files, 'known');
    expect(pull?.command).toBe('portico pull known');
    expect((await loadRegistry(files)).defaultModel).toBe('known');
  });

  it('that is unknown is refused with the known ones', async () => {
    const files = await registryFolder('default: mini\n');
    await expect(setDefaultModel(files, 'nope')).rejects.toThrow(
      /nope is not known; there are mini/,
    );
    expect(await readFile(files.user, 'utf8')).toBe('default: mini\n');
  });
});

const ENTRY = { backend: 'llama', source: 'hf:u/m' };

describe('an entry', () => {
  covers('R4.6-register');

  it.each([
    ['no file', '', 'models:\n  n:1:\n    backend: llama\n    source: hf:u/m\n'],
    [
      'others with comments',
      'models:\n    # one\n    a: { backend: ollama } # a\n    # end\naliases: {}\n',
      'models:\n    # one\n    a: { backend: ollama } # a\n    n:1:\n      backend: llama\n      source: hf:u/m\n    # end\naliases: {}\n',
    ],
    ['an empty table', 'models: {}\n', 'models:\n  n:1:\n    backend: llama\n    source: hf:u/m\n'],
    [
      'Windows lines',
      'models:\r\n  a: 1\r\n',
      'models:\r\n  a: 1\r\n  n:1:\r\n    backend: llama\r\n    source: hf:u/m\r\n',
    ],
    ['braces', 'models: {a: 1}\n', 'models: { a: 1, n:1: { backend: llama, source: hf:u/m } }\n'],
  ])('is added to %s', (_case, text, expected) => {
    const added = withModel(read(text), text, 'n:1', ENTRY);
    expect(added).toBe(expected);
    expect(parse(added)).toMatchObject({ models: { 'n:1': ENTRY } });
  });

  it.each([
    [
      'a block',
      'models:\n  n:\n    backend: llama # b\n  o: 1\n',
      'models:\n  n:\n    backend: llama # b\n    file: f.gguf\n  o: 1\n',
    ],
    ['a file', 'models:\n  n:\n    file: ./a.gguf # f\n', 'models:\n  n:\n    file: f.gguf # f\n'],
    [
      'braces',
      'models:\n  n: {backend: llama} # b\n',
      'models:\n  n: { backend: llama, file: f.gguf } # b\n',
    ],
  ])('that has %s gets its file', (_case, text, expected) => {
    expect(withModelFile(read(text), text, 'n', 'f.gguf')).toBe(expected);
  });

  it('that comes with Portico is copied with its file', async () => {
    const files = await registryFolder('# mine\n');
    const file = join(files.modelsFolder, 'known-00001-of-00002.gguf');
    await registerModel(files, {
      name: 'known',
      backend: 'llama',
      source: 'hf:someone/known-GGUF:Q4_K_M',
      file,
    });
    expect(await readFile(files.user, 'utf8')).toBe(
      '# mine\nmodels:\n  known:\n    backend: llama\n    source: hf:someone/known-GGUF:Q4_K_M\n' +
        '    size: 18.6 GB\n    memory: 23 GB\n    file: known-00001-of-00002.gguf\n',
    );
    const model = (await loadRegistry(files)).models.get('known');
    expect(model).toMatchObject({ spec: { file }, sizeBytes: 18.6e9, shipped: false });
  });

  it('needs no `file` if its file is in the default place', async () => {
    const files = await registryFolder();
    const file = join(files.modelsFolder, 'a%3Ab.gguf');
    await registerModel(files, { name: 'a:b', backend: 'llama', source: 'hf:u/m', file });
    expect(parse(await readFile(files.user, 'utf8'))).toEqual({ models: { 'a:b': ENTRY } });
    expect((await loadRegistry(files)).models.get('a:b')?.spec.file).toBe(file);
  });
});
