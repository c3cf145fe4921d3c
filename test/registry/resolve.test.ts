import { describe, expect, it } from 'vitest';
import { RuntimeFailure } from '../../src/core/failure.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { resolveModel } from '../../src/registry/resolve.ts';
import { registryOf } from './folder.ts';
import { covers } from '../support/covers.ts';

const USER = `
models:
  pulled: { backend: llama, source: 'hf:someone/pulled' }
  gone: { backend: llama, file: /gone.gguf }
  'tagged:latest': { backend: ollama }
aliases:
  first: second
  second: pulled
  claude-opus-4: first
  unpulled: known
`;

const everything = (): boolean => true;
const onlyMini = (file: string): boolean => file.includes('mini');

function withDefault(registry: Registry, defaultModel: string): Registry {
  return { ...registry, defaultModel };
}

describe('a name', () => {
  covers('R2.10-shape');

  it.each([
    ['pulled', 'pulled', 'name'],
    ['pulled:latest', 'pulled', 'name'],
    ['tagged', 'tagged:latest', 'name'],
    ['tagged:latest', 'tagged:latest', 'name'],
    ['second', 'pulled', 'alias'],
    ['first', 'pulled', 'alias'],
    ['first:latest', 'pulled', 'alias'],
    ['claude-opus-4', 'pulled', 'alias'],
  ])('%s is %s by its %s', async (requested, name, via) => {
    const resolution = resolveModel(await registryOf(USER), requested, { exists: everything });
    expect(resolution).toMatchObject({ requested, via, model: { spec: { name } } });
  });
});

describe('a claude-… name that is no alias', () => {
  covers('R2.10-claude-names');

  it.each([
    ['the session’s last model', { lastUsed: 'pulled' }, 'gone', everything, 'pulled'],
    ['the default without one', {}, 'first', everything, 'pulled'],
    [
      'the default where the last one is no longer known',
      { lastUsed: 'x' },
      'gone',
      everything,
      'gone',
    ],
    [
      'the default where the last one’s file has gone',
      { lastUsed: 'gone' },
      'mini',
      onlyMini,
      'mini',
    ],
    ['the embedded model without a good default', {}, 'x', everything, 'mini'],
  ])('is answered by %s', async (_, hints, defaultModel, exists, name) => {
    const registry = withDefault(await registryOf(USER), defaultModel);
    const resolution = resolveModel(registry, 'claude-sonnet-4-5', { ...hints, exists });
    expect(resolution).toMatchObject({
      requested: 'claude-sonnet-4-5',
      via: 'stand-in',
      model: { spec: { name } },
    });
  });

  it.each(['sonnet', 'opus[1m]', 'Haiku'])('is also the tier %s', async (tier) => {
    const registry = withDefault(await registryOf(USER), 'first');
    const resolution = resolveModel(registry, tier, { exists: everything });
    expect(resolution).toMatchObject({ via: 'stand-in', model: { spec: { name: 'pulled' } } });
  });

  it('is not answered by another model where the default is still to be pulled', async () => {
    const registry = withDefault(await registryOf(USER), 'known');
    expect(() => resolveModel(registry, 'claude-haiku-4-5', { exists: onlyMini })).toThrow(
      /^model: claude-haiku-4-5 \(that is known\) .*portico pull known$/,
    );
  });
});

describe('an unknown name', () => {
  covers('R2.10-unknown');

  it.each(['nope', 'claude', 'gpt-4o', 'Mini', 'xclaude-3'])('such as %s', async (name) => {
    const registry = await registryOf(USER);
    const attempt = (): unknown => resolveModel(registry, name, { exists: everything });
    expect(attempt).toThrow(RuntimeFailure);
    expect(attempt).toThrow(expect.objectContaining({ code: 'model-not-found' }));
    expect(attempt).toThrow(
      `model: ${name} is not known; there are mini, known, pulled, gone, tagged:latest, ` +
        'first, second, claude-opus-4, unpulled',
    );
  });
});

describe('a known model whose file is not there', () => {
  covers('R2.10-not-here');

  it.each([
    [
      'known',
      /^model: known is known, but not downloaded \(18\.6 GB, needs about 23 GB of memory\)/,
    ],
    ['unpulled', /^model: unpulled \(that is known\) is known.*get it with: portico pull known$/],
    ['pulled', /not downloaded \(size unknown\); get it with: portico pull pulled$/],
    ['gone', /^model: gone: its file \/gone\.gguf is not there; put it there, or correct.*:4:3$/],
  ])('%s says how to get it', async (name, message) => {
    const registry = await registryOf(USER);
    const attempt = (): unknown => resolveModel(registry, name, { exists: onlyMini });
    expect(attempt).toThrow(expect.objectContaining({ code: 'model-not-found' }));
    expect(attempt).toThrow(message);
  });
});
