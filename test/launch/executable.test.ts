import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CLAUDE } from '../../src/launch/agents/claude.ts';
import { findExecutable, localFiles } from '../../src/launch/executable.ts';
import { covers } from '../support/covers.ts';

async function machine(files: Readonly<Record<string, number>>) {
  const root = await mkdtemp(join(tmpdir(), 'portico-find-'));
  onTestFinished(() => rm(root, { recursive: true }));
  for (const [name, mode] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), '');
    await chmod(join(root, name), mode);
  }
  let asked = 0;
  const found = await findExecutable(CLAUDE.whereabouts, {
    environment: { PATH: `${join(root, 'a')}:${join(root, 'b')}` },
    homeFolder: join(root, 'home'),
    platform: 'linux',
    npmPrefix: async () => (asked++, join(root, 'npm')),
  });
  return { found: found?.slice(root.length + 1), asked };
}

const PLACES = [
  'b/claude',
  'home/.local/bin/claude',
  'home/.claude/local/claude',
  'npm/bin/claude',
];

describe('claude', () => {
  covers('R5.1-find');

  it.each(PLACES.map((place, at) => [place, PLACES.slice(at)] as const))(
    'is found at %s before what comes after it',
    async (place, there) => {
      const { found, asked } = await machine(
        Object.fromEntries(there.map((file) => [file, 0o755])),
      );
      expect(found).toBe(place);
      expect(asked).toBe(place.startsWith('npm/') ? 1 : 0);
    },
  );

  it('is not found if it is missing, a folder, or not executable', async () => {
    expect((await machine({})).found).toBeUndefined();
    expect((await machine({ 'a/claude/x': 0o755, 'b/claude': 0o644 })).found).toBeUndefined();
  });

  it('is never taken from a relative folder of the PATH', () => {
    const files = localFiles(CLAUDE.whereabouts, {
      environment: { PATH: '.:node_modules/.bin::/usr/bin' },
      homeFolder: '/home/u',
      platform: 'linux',
      npmPrefix: async () => undefined,
    });
    expect(files[0]).toBe('/usr/bin/claude');
    expect(files.every((file) => file.startsWith('/'))).toBe(true);
  });

  it('has its extension on Windows', () => {
    const files = localFiles(CLAUDE.whereabouts, {
      environment: {},
      homeFolder: 'C:\\u',
      platform: 'win32',
      npmPrefix: async () => undefined,
    });
    expect(files.every((file) => file.endsWith('claude.exe'))).toBe(true);
  });
});
