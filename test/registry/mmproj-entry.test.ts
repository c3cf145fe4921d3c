import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRegistry } from '../../src/registry/load.ts';
import { registerModel } from '../../src/registry/register.ts';
import { resolveModel } from '../../src/registry/resolve.ts';
import { registryFolder, registryOf } from './folder.ts';
import { covers } from '../support/covers.ts';

const ENTRY = 'models:\n  m: { backend: llama, file: ./m.gguf, mmproj: ./eyes.gguf }\n';

/** Resolved model of an entry, if these files exist. */
async function resolved(user: string, name: string, exists: (file: string) => boolean) {
  const { model } = resolveModel(await registryOf(user), name, { exists });
  return model.spec;
}

describe('mmproj of an entry', () => {
  covers('R7.1-entry', 'R7.1-apart');

  it('is a path as the file’s is, and leaves the backend as it is written', async () => {
    const spec = await resolved(ENTRY, 'm', () => true);
    const mmproj = join(dirname(spec.file ?? ''), 'eyes.gguf');
    expect(spec).toMatchObject({ backend: 'llama', mmproj });
  });

  it('may have a separate engine for conversations without pictures', async () => {
    const entry = ENTRY.replace('mmproj', 'text_engine: separate, mmproj');
    const { models, problems } = await registryOf(entry);
    expect(models.get('m')?.spec).toMatchObject({ textEngine: 'separate' });
    expect(problems).toEqual([]);
  });

  it.each([
    ['true', 'separate'],
    ['false', 'shared'],
  ])('takes the old key pictures_apart: %s as text_engine: %s', async (old, textEngine) => {
    const { models, problems } = await registryOf(
      ENTRY.replace('mmproj', `pictures_apart: ${old}, mmproj`),
    );
    expect(models.get('m')?.spec).toMatchObject({ textEngine });
    expect(models.get('m')?.spec).not.toHaveProperty('picturesApart');
    expect(problems).toEqual([
      expect.stringMatching(
        new RegExp(
          `:2:\\d+: models\\.m\\.pictures_apart: is deprecated; write 'text_engine: ${textEngine}' instead$`,
        ),
      ),
    ]);
  });

  it('refuses the old key beside the new one', async () => {
    const both = ENTRY.replace('mmproj', 'pictures_apart: true, text_engine: shared, mmproj');
    const { models, problems } = await registryOf(both);
    expect(models.has('m')).toBe(false);
    expect(problems).toEqual([expect.stringContaining("is the old key for 'text_engine'")]);
  });

  it('that is not there leaves its model blind, and is known to be missing', async () => {
    const spec = await resolved(ENTRY, 'm', (file) => file.endsWith('m.gguf'));
    expect(spec).toMatchObject({
      backend: 'llama',
      mmproj: expect.stringMatching('eyes') as string,
    });
  });

  it('of a model that comes with Portico may be missing', async () => {
    const shipped = `default: mini\n${ENTRY.replaceAll(' m:', ' mini:')}`;
    const files = await registryFolder(undefined, shipped);
    const mini = async () => (await loadRegistry(files)).models.get('mini')?.spec;
    expect(await mini()).toMatchObject({ backend: 'llama' });
    expect(await mini()).not.toHaveProperty('mmproj');
    const mmproj = join(dirname(files.shipped), 'eyes.gguf');
    await writeFile(mmproj, 'GGUF');
    expect(await mini()).toMatchObject({ mmproj });
  });

  it('is for models from files only', async () => {
    const { problems } = await registryOf('models:\n  m: { backend: ollama, mmproj: ./e.gguf }\n');
    expect(problems).toEqual([
      expect.stringContaining("only a model with 'backend: llama' can have 'mmproj'"),
    ]);
  });
});

describe('a pulled projector', () => {
  covers('R7.1-pull');

  it.each([
    ['a new entry', undefined],
    ['the entry that is there', 'models:\n  n:\n    backend: llama # mine\n    source: hf:u/m\n'],
  ])('is written into %s', async (_case, user) => {
    const files = await registryFolder(user);
    const at = (name: string) => join(files.modelsFolder, name);
    await mkdir(files.modelsFolder, { recursive: true });
    for (const name of ['n.gguf', 'n.mmproj.gguf']) await writeFile(at(name), 'GGUF');
    await registerModel(files, {
      name: 'n',
      backend: 'llama',
      source: 'hf:u/m',
      file: at('n.gguf'),
      files: { mmproj: at('n.mmproj.gguf') },
    });
    const { spec } = resolveModel(await loadRegistry(files), 'n', { exists: () => true }).model;
    expect(spec).toMatchObject({
      backend: 'llama',
      file: at('n.gguf'),
      mmproj: at('n.mmproj.gguf'),
    });
  });
});
