import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/cli/setting-list.ts';
import type { SettingInfo } from '../../src/cli/setting-list.ts';
import { ROOT } from '../structure/source-files.ts';
import { configurationPage } from './configuration.ts';
import { KINDS, nestedValuesOf, valuesOf } from './entry-schemas.ts';
import { modelsSchema } from './models-schema.ts';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

const isValid = new Ajv({ allowUnionTypes: true, formats: { uri: true } }).compile(modelsSchema());

// `npm run docs` writes both files anew.
describe('npm run docs', () => {
  it('has written docs/configuration.md', async () => {
    await expect(configurationPage()).toMatchFileSnapshot('../../docs/configuration.md');
  });

  it('has written models.schema.json', async () => {
    const text = `${JSON.stringify(modelsSchema(), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../models.schema.json');
  });

  it('finds a description and an example in the schema of each key of an entry', () => {
    const values = KINDS.flatMap((kind) => Object.entries(valuesOf(kind)));
    const nested = KINDS.flatMap((kind) => Object.entries(nestedValuesOf(kind)));
    const bare = [...values, ...nested].filter(([, { description }]) => !description);
    expect(bare.map(([key]) => key)).toEqual([]);
  });

  it('describes each variable that settings are read from', () => {
    const files = readdirSync(path.join(ROOT, 'src/config'));
    const used = files.flatMap(
      (name) => read(`src/config/${name}`).match(/'PORTICO_[A-Z_]+'/g) ?? [],
    );
    const variables = Object.values<SettingInfo>(SETTINGS).flatMap(
      ({ variable }) => variable ?? [],
    );
    expect(new Set([...variables, 'PORTICO_HOME'].map((name) => `'${name}'`))).toEqual(
      new Set(used),
    );
  });
});

describe('models.schema.json', () => {
  it('accepts the shipped models.yaml', () => {
    isValid(parse(read('models.yaml')));
    expect(isValid.errors).toBeNull();
  });

  it('accepts the registries of the docs', () => {
    const pages = ['docs/models.md', 'docs/servers.md'].map(read);
    const written = pages.flatMap((page) => [...page.matchAll(/```yaml\n([^]*?)```/g)]);
    expect(written.length).toBeGreaterThan(1);
    expect(written.filter(([, yaml = '']) => !isValid(parse(yaml)))).toEqual([]);
  });

  it.each([
    ['a key of another backend', { backend: 'ollama', threads: 2 }],
    ['an unknown key', { backend: 'llama', file: 'a.gguf', thread: 2 }],
    ['an unknown backend', { backend: 'llamas', file: 'a.gguf' }],
    ['a wrong value', { backend: 'llama', file: 'a.gguf', kv_type: 'q9' }],
  ])('rejects %s', (_what, entry) => {
    expect(isValid({ models: { mine: entry } })).toBe(false);
  });
});
