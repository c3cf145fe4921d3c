import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openLiveRegistry } from '../../src/registry/live.ts';
import type { LiveRegistry } from '../../src/registry/live.ts';
import type { RegistryFiles } from '../../src/registry/registry.ts';
import { registryFolder } from './folder.ts';
import { covers } from '../support/covers.ts';

/** Longest allowed time between an edit and its effect, in milliseconds. */
const WITHIN = 1000;

interface Watched {
  readonly live: LiveRegistry;
  readonly broken: string[];
  readonly aliases: () => readonly string[];
}

async function watch(files: RegistryFiles): Promise<Watched> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const broken: string[] = [];
  const changes: (readonly string[])[] = [];
  const live = await openLiveRegistry(files, {
    changed: (registry) => changes.push([...registry.aliases.keys()]),
    broken: (message) => broken.push(message),
  });
  onTestFinished(() => live.close());
  // The reported and the current state must agree.
  const aliases = (): readonly string[] => {
    const current = [...live.current.aliases.keys()];
    expect(changes.at(-1) ?? current).toEqual(current);
    return current;
  };
  return { live, broken, aliases };
}

/** Lets the time pass in which a server follows an edit, and awaits the reading of the file. */
async function soon(assertion: () => void): Promise<void> {
  vi.advanceTimersByTime(WITHIN);
  await vi.waitFor(assertion, { timeout: 30_000, interval: 20 });
}

describe('a running server follows its file within a second', () => {
  covers('R2.10-follow');

  it('edited in place, replaced, deleted and made again', async () => {
    const files = await registryFolder('aliases:\n  a: mini\n');
    const { aliases } = await watch(files);
    expect(aliases()).toEqual(['a']);

    await writeFile(files.user, 'aliases:\n  b: mini\n');
    await soon(() => expect(aliases()).toEqual(['b']));

    await writeFile(`${files.user}.new`, 'aliases:\n  c: mini\n');
    await rename(`${files.user}.new`, files.user);
    await soon(() => expect(aliases()).toEqual(['c']));

    await rm(files.user);
    await soon(() => expect(aliases()).toEqual([]));

    await writeFile(files.user, 'aliases:\n  d: mini\n');
    await soon(() => expect(aliases()).toEqual(['d']));
  });

  it('made later, with its folder, and with the folder taken away', async () => {
    const files = await registryFolder();
    const { aliases } = await watch(files);
    await mkdir(dirname(files.user));
    await writeFile(files.user, 'aliases:\n  late: mini\n');
    await soon(() => expect(aliases()).toEqual(['late']));
    await rm(dirname(files.user), { recursive: true });
    await soon(() => expect(aliases()).toEqual([]));
  });

  it('no longer, once it is closed', async () => {
    const files = await registryFolder('');
    const { live, aliases } = await watch(files);
    expect(vi.getTimerCount()).toBe(1);
    live.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(aliases()).toEqual([]);
  });
});

describe('a running server', () => {
  covers('R2.10-broken');

  it('reports a broken file once, keeps the last good registry, and goes on', async () => {
    const files = await registryFolder('aliases:\n  a: mini\n');
    const { aliases, broken } = await watch(files);
    await writeFile(files.user, 'aliases:\n  a: mini\n  b: "x\n');
    await soon(() => expect(broken).toHaveLength(1));
    expect(broken[0]).toMatch(/models\.yaml:\d+:\d+: this is not valid YAML/);
    expect(aliases()).toEqual(['a']);
    vi.advanceTimersByTime(WITHIN);
    await writeFile(files.user, 'aliases:\n  c: mini\n');
    await soon(() => expect(aliases()).toEqual(['c']));
    expect(broken).toHaveLength(1);
  });

  it('does not start on a broken file', async () => {
    const files = await registryFolder('aliases: 3\n');
    await expect(watch(files)).rejects.toThrow(/models\.yaml:1:10: aliases: must be a mapping/);
  });
});
