import { existsSync, readFileSync, statSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  applySettings,
  claudeSettingsFile,
  restoreSettings,
} from '../../../src/launch/settings/file.ts';
import { covers } from '../../support/covers.ts';

const OURS = { env: { ANTHROPIC_MODEL: 'big' }, permissions: { disableAutoMode: 'disable' } };
const THEIRS = '{ "theme": "dark", "env": {"ANTHROPIC_MODEL": "opus"} }\n\n';

async function place(text?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'portico-settings-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'claude', 'settings.json');
  if (text !== undefined) {
    await mkdir(join(folder, 'claude'));
    await writeFile(file, text);
  }
  const data = join(folder, 'data');
  return {
    file,
    folder,
    apply: (settings: typeof OURS = OURS) => applySettings(file, settings, data),
    restore: () => restoreSettings(file, data),
    text: () => readFileSync(file, 'utf8'),
    files: () => readdir(join(folder, 'claude')),
  };
}

describe('a settings file', () => {
  covers('R5.1-config');

  it('is written after a backup of the original', async () => {
    const { file, apply, text } = await place(THEIRS);
    const backup = await apply();
    expect(backup).toBe(`${file}.before-portico`);
    expect(readFileSync(backup ?? '', 'utf8')).toBe(THEIRS);
    expect(text()).toBe(
      '{ "theme": "dark", "env": {"ANTHROPIC_MODEL": "big"}, "permissions": {"disableAutoMode":"disable"} }\n\n',
    );
  });

  it('is readable by its user only if it is new', async () => {
    const { file, apply, text } = await place();
    expect(await apply()).toBeUndefined();
    expect(JSON.parse(text())).toEqual(OURS);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('stays a symbolic link', async () => {
    const { file, folder, apply, restore } = await place(THEIRS);
    const real = join(folder, 'dotfiles.json');
    await writeFile(real, THEIRS);
    await rm(file);
    await symlink(real, file);
    await apply();
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('"big"');
    await restore();
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe(THEIRS);
  });

  it('is in CLAUDE_CONFIG_DIR, or in the home folder', () => {
    expect(claudeSettingsFile({ CLAUDE_CONFIG_DIR: '/c' })).toBe(join('/c', 'settings.json'));
    const home = { HOME: '/home/me', USERPROFILE: '/home/me', CLAUDE_CONFIG_DIR: '' };
    expect(claudeSettingsFile(home)).toBe(join('/home/me', '.claude', 'settings.json'));
  });
});

describe('undoing', () => {
  covers('R5.1-restore', 'R5.1-broken');

  it('restores the file byte for byte, and deletes the backup', async () => {
    const { apply, restore, text, files } = await place(THEIRS);
    await apply();
    expect(await restore()).toEqual({ kind: 'undone', kept: [] });
    expect(text()).toBe(THEIRS);
    expect(await files()).toEqual(['settings.json']);
    expect(await restore()).toEqual({ kind: 'nothing' });
  });

  it('restores a byte order mark and null', async () => {
    const theirs = '\uFEFF{ "theme": "dark", "env": null }\r\n';
    const { apply, restore, text, file } = await place(theirs);
    await apply();
    expect(text()).toMatch(/^\uFEFF\{ "theme": "dark", "env": \{/);
    await restore();
    expect(text()).toBe(theirs);
    await apply();
    await writeFile(file, text().replace('"dark"', '"light"'));
    expect(await restore()).toEqual({ kind: 'undone', kept: [] });
    expect(text()).toBe(theirs.replace('"dark"', '"light"'));
  });

  it('after two writes restores the file before the first', async () => {
    const { apply, restore, text } = await place(THEIRS);
    await apply();
    await apply({ ...OURS, env: { ANTHROPIC_MODEL: 'other' } });
    expect(text()).toContain('"other"');
    await restore();
    expect(text()).toBe(THEIRS);
  });

  it('keeps values that the user added since', async () => {
    const { file, apply, restore, text } = await place(THEIRS);
    await apply();
    await writeFile(file, text().replace('"dark"', '"light"'));
    expect(await restore()).toEqual({ kind: 'undone', kept: [] });
    expect(text()).toBe(THEIRS.replace('"dark"', '"light"'));
  });

  it('keeps a value that the user changed since, and the backup', async () => {
    const { file, apply, restore, text } = await place(THEIRS);
    await apply();
    await writeFile(file, text().replace('"big"', '"mine"'));
    expect(await restore()).toMatchObject({ kept: [{ path: ['env', 'ANTHROPIC_MODEL'] }] });
    expect(text()).toBe(THEIRS.replace('"opus"', '"mine"'));
    expect(existsSync(`${file}.before-portico`)).toBe(true);
  });

  it('removes a new file, unless it has other settings since', async () => {
    const first = await place();
    await first.apply();
    await first.restore();
    expect(existsSync(first.file)).toBe(false);

    const second = await place();
    await second.apply();
    await writeFile(second.file, second.text().replace('{', '{ "theme": "dark",'));
    await second.restore();
    expect(JSON.parse(second.text())).toEqual({ theme: 'dark' });
  });

  it('changes nothing in an invalid file, and succeeds after its repair', async () => {
    const { file, apply, restore, text } = await place(THEIRS);
    await apply();
    const written = text();
    await writeFile(file, written.slice(0, 20));
    await expect(restore()).rejects.toThrow('this is not valid JSON');
    expect(text()).toBe(written.slice(0, 20));
    await writeFile(file, written);
    expect(await restore()).toEqual({ kind: 'undone', kept: [] });
    expect(text()).toBe(THEIRS);
  });
});
