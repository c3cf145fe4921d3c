import { lstat, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseRegistryDocument } from '../../src/registry/document.ts';
import { copyModel, removeModel } from '../../src/registry/edit.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { withAlias, withoutEntry } from '../../src/registry/rewrite.ts';
import { registryFolder } from './folder.ts';
import { covers } from '../support/covers.ts';

const COMMENTED = `# My models.


default: "quick"   # the fast one

# What I use most
aliases:
    # for Claude Code
    claude-sonnet: known  # big
    quick:   'mini'


    # the last one
    last: known
    # end of aliases
# Models of my own
models:
    mine:   # not pulled yet
        backend: ollama
        # by hand
        sampling: {temperature: 0.5,   top_k: 3}
        template: |
          {{ a }}

    # about other
    other: { backend: ollama }
# The end
`;

describe('an edit', () => {
  covers('R2.10-comments');

  it('that adds an alias changes one line', async () => {
    const files = await registryFolder(COMMENTED);
    await copyModel(files, 'mini', 'claude-3-5-sonnet');
    const expected = COMMENTED.replace(
      '    last: known\n',
      '    last: known\n    claude-3-5-sonnet: mini\n',
    );
    expect(await readFile(files.user, 'utf8')).toBe(expected);
  });

  it.each([
    ['claude-sonnet', '    claude-sonnet: mini  # big\n'],
    ['quick', '    quick:   mini\n'],
  ])('that changes alias %s changes its target', async (name, line) => {
    const files = await registryFolder(COMMENTED);
    await copyModel(files, 'mini', name);
    const expected = COMMENTED.replace(new RegExp(`^ *${name}:.*\n`, 'm'), line);
    expect(expected).not.toBe(COMMENTED);
    expect(await readFile(files.user, 'utf8')).toBe(expected);
  });

  it.each([
    ['claude-sonnet', '    claude-sonnet: known  # big\n'],
    ['last', '    last: known\n'],
    ['mine', COMMENTED.slice(COMMENTED.indexOf('    mine:'), COMMENTED.indexOf('\n    # about'))],
    ['other', '    other: { backend: ollama }\n'],
  ])('that removes %s takes out its lines only', async (name, lines) => {
    const files = await registryFolder(COMMENTED);
    await removeModel(files, name);
    expect(COMMENTED).toContain(lines);
    expect(await readFile(files.user, 'utf8')).toBe(COMMENTED.replace(lines, ''));
  });

  it.each([
    ['an empty table', 'aliases: {} # none\n', 'aliases: # none\n  new: mini\n'],
    ['a key alone', 'aliases:\n# end\n', 'aliases:\n  new: mini\n# end\n'],
    ['a null', 'aliases: ~\ndefault: mini\n', 'aliases:\n  new: mini\ndefault: mini\n'],
    ['no table', '# top\ndefault: mini', '# top\ndefault: mini\naliases:\n  new: mini\n'],
    ['only a comment', '# top\n', '# top\naliases:\n  new: mini\n'],
    [
      'Windows lines',
      'aliases:\r\n  a: mini # x\r\n',
      'aliases:\r\n  a: mini # x\r\n  new: mini\r\n',
    ],
    [
      'a table in braces',
      '# top\naliases: {a: mini}\n',
      '# top\naliases: { a: mini, new: mini }\n',
    ],
    ['a file in braces', '{aliases: {}} # x\n', '{ aliases: { new: mini } } # x\n'],
  ])('adds to %s', (_, text, expected) => {
    const document = parseRegistryDocument(text, 'models.yaml');
    expect(withAlias(document, text, 'new', 'mini')).toBe(expected);
  });

  it.each([
    ['the only entry', 'aliases:\n  a: mini # x\n# end\n', 'aliases:\n# end\n'],
    ['the last line without its end', 'aliases:\n  b: mini\n  a: mini', 'aliases:\n  b: mini\n'],
    ['an entry in braces', 'aliases: {a: mini, b: mini} # x\n', 'aliases: { b: mini } # x\n'],
    ['a number', 'aliases:\n  1: mini\n  a: x\n', 'aliases:\n  1: mini\n'],
  ])('removes %s', (_, text, expected) => {
    const document = parseRegistryDocument(text, 'models.yaml');
    expect(withoutEntry(document, text, 'aliases', 'a')).toBe(expected);
  });

  it('writes any name so that it is read again', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.trim() !== '');
    fc.assert(
      fc.property(name, name, (alias, target) => {
        const text = '# top\naliases:\n  kept: mini # here\n';
        const added = withAlias(parseRegistryDocument(text, 'm'), text, alias, target);
        expect(parse(added)).toEqual({ aliases: { kept: 'mini', [alias]: target } });
        expect(added).toContain('# here');
        const removed = withoutEntry(parseRegistryDocument(added, 'm'), added, 'aliases', alias);
        expect(removed).toBe(alias === 'kept' ? '# top\naliases:\n' : text);
      }),
    );
  });
});

describe('a copy', () => {
  covers('R2.2-cp', 'R2.10-cp-before', 'R2.10-atomic');

  it('makes the file and its folder, and says what the file is', async () => {
    const files = await registryFolder();
    const outcome = await copyModel(files, 'mini', 'claude-3-5-sonnet');
    expect(outcome).toMatchObject({ model: { spec: { name: 'mini' } } });
    expect(outcome.pull).toBeUndefined();
    const text = await readFile(files.user, 'utf8');
    expect(text).toMatch(/^# Your own models and aliases/);
    expect(parse(text)).toEqual({ aliases: { 'claude-3-5-sonnet': 'mini' } });
    expect(await readdir(dirname(files.user))).toEqual(['models.yaml']);
  });

  it('of an alias leads to its model, so that either can be removed', async () => {
    const files = await registryFolder('aliases:\n  a: b\n  b: mini\n');
    await copyModel(files, 'a:latest', 'c');
    await removeModel(files, 'a');
    await removeModel(files, 'b');
    expect(Object.fromEntries((await loadRegistry(files)).aliases)).toEqual({ c: 'mini' });
  });

  it('of a model that is not here yet says how to get it', async () => {
    const { pull } = await copyModel(await registryFolder(), 'known', 'claude-3-5-sonnet');
    expect(pull).toEqual({
      command: 'portico pull known',
      demand: '18.6 GB, needs about 23 GB of memory',
    });
  });

  it.each([
    ['nope', 'x', /^model: nope is not known; there are mini, known$/],
    ['mini', 'known', /^'known' is a model itself .*choose another name/],
    ['mini', 'known:latest', /is a model itself/],
    ['mini', 'a name', /^'a name' is not a valid name/],
    ['mini', '', /is not a valid name/],
  ])('of %s to %o is refused, and nothing is written', async (source, destination, message) => {
    const files = await registryFolder();
    await expect(copyModel(files, source, destination)).rejects.toThrow(message);
    await expect(readFile(files.user)).rejects.toThrow('ENOENT');
  });

  it('leaves a broken file alone', async () => {
    const files = await registryFolder('aliases: [\n');
    await expect(copyModel(files, 'mini', 'x')).rejects.toThrow(/models\.yaml:\d+:\d+: /);
    expect(await readFile(files.user, 'utf8')).toBe('aliases: [\n');
  });

  it('goes through a link, and the link stays', async () => {
    const files = await registryFolder();
    const real = join(dirname(files.shipped), 'real.yaml');
    await writeFile(real, '# real\n');
    await mkdir(dirname(files.user));
    await symlink(real, files.user);
    await copyModel(files, 'mini', 'x');
    expect((await lstat(files.user)).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toBe('# real\naliases:\n  x: mini\n');
  });
});

describe('a removal', () => {
  covers('R2.2-rm');

  const USER = `default: quick
models:
  mine: { backend: llama, file: ./mine.gguf }
  broken: { backend: lama }
aliases:
  quick: mini
  my-alias: mine
  nowhere: nothing
`;

  it.each([
    ['mini', /^'mini' comes with Portico and can't be removed/],
    ['nope', /^model: nope is not known; there are/],
    ['mine', /^'mine' is the target of my-alias; remove that first: portico rm my-alias mine$/],
    [
      'quick',
      /^'quick' is needed by the default, quick; choose another one first with: portico default NAME$/,
    ],
  ])('of %s is refused with the reason', async (name, message) => {
    const files = await registryFolder(USER);
    await expect(removeModel(files, name)).rejects.toThrow(message);
    expect(await readFile(files.user, 'utf8')).toBe(USER);
  });

  it('of an alias, then of its model, leaves the file of the model', async () => {
    const files = await registryFolder(USER);
    const gguf = join(dirname(files.user), 'mine.gguf');
    await writeFile(gguf, 'GGUF');
    expect(await removeModel(files, 'my-alias')).toEqual({ kind: 'alias' });
    expect(await removeModel(files, 'mine')).toEqual({ kind: 'model', file: gguf });
    expect(await readFile(gguf, 'utf8')).toBe('GGUF');
  });

  it('of NAME also removes NAME:latest, and the other way round', async () => {
    const files = await registryFolder(
      'models:\n  coder:latest: { backend: ollama }\naliases:\n  mine: mini\n',
    );
    expect(await removeModel(files, 'coder')).toEqual({ kind: 'model' });
    expect(await removeModel(files, 'mine:latest')).toEqual({ kind: 'alias' });
    await expect(removeModel(files, 'coder')).rejects.toThrow('model: coder is not known');
  });

  it('works for what is broken', async () => {
    const files = await registryFolder(USER);
    await removeModel(files, 'broken');
    await removeModel(files, 'nowhere');
    expect((await loadRegistry(files)).problems).toEqual([]);
  });
});
