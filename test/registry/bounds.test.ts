import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { copyModel } from '../../src/registry/edit.ts';
import { openLiveRegistry } from '../../src/registry/live.ts';
import { loadRegistry } from '../../src/registry/load.ts';
import { lookUp } from '../../src/registry/lookup.ts';
import { startCpuClock } from '../support/cpu-time.ts';
import { registryFolder, registryOf } from './folder.ts';
import { covers } from '../support/covers.ts';

/** Milliseconds of CPU time. Less would be a matter of the machine; what grows faster than its input takes minutes. */
const MOST_MS = 5000;

function aliases(count: number, line: (index: number) => string): string {
  return `aliases:\n${Array.from({ length: count }, (_, index) => `  ${line(index)}`).join('\n')}\n`;
}

async function timed<Result>(work: () => Promise<Result>): Promise<Result> {
  const cpuMs = startCpuClock();
  const result = await work();
  expect(cpuMs()).toBeLessThan(MOST_MS);
  return result;
}

describe('a models.yaml is bounded', () => {
  covers('R12.1-registry');

  it('in bytes', async () => {
    await expect(registryOf(`#${' '.repeat(4 * 1024 * 1024)}`)).rejects.toThrow(
      /models\.yaml can't be read: it has 4194305 bytes, and at most 4194304 are read/,
    );
  });

  it('in aliases of YAML’s own', async () => {
    const text = `x: &x mini\n${aliases(1500, (index) => `a${index}: *x`)}`;
    await expect(timed(() => registryOf(text))).rejects.toThrow(
      /:103:\d+: this is not valid YAML: more than 100 aliases such as \*x/,
    );
  });

  it('in models and aliases', async () => {
    await expect(
      timed(() => registryOf(aliases(100_000, (index) => `a${index}: mini`))),
    ).rejects.toThrow(
      /models\.yaml: it has more than 20000 tokens of YAML, about 2,500 lines; remove/,
    );
  });

  it('in the problems that it reports', async () => {
    const { problems } = await registryOf(aliases(200, (index) => `a${index}: nobody`));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toBe('… and 100 problems more');
  });

  it('in the levels that it nests', async () => {
    await expect(timed(() => registryOf('['.repeat(10_000)))).rejects.toThrow('not valid YAML');
  });
});

describe('thousands of aliases take as much longer as they are more', () => {
  covers('R12.1-registry');

  const COUNT = 2000;

  it('each to a model, and one more by cp', async () => {
    const files = await registryFolder(aliases(COUNT, (index) => `a${index}: mini`));
    expect((await timed(() => loadRegistry(files))).aliases.size).toBe(COUNT);
    await timed(() => copyModel(files, 'mini', 'mine'));
    expect((await loadRegistry(files)).aliases.get('mine')).toBe('mini');
  });

  it('each to the next', async () => {
    const registry = await timed(() =>
      registryOf(aliases(COUNT, (index) => `a${index}: ${index === 0 ? 'mini' : `a${index - 1}`}`)),
    );
    expect(registry.problems).toEqual([]);
    expect(lookUp(registry, `a${COUNT - 1}`)).toMatchObject({ found: true, via: 'alias' });
  });

  it('in a circle', async () => {
    const registry = await timed(() =>
      registryOf(aliases(COUNT, (index) => `a${index}: a${(index + 1) % COUNT}`)),
    );
    expect(registry.aliases.size).toBe(0);
    expect(registry.problems[0]).toMatch(/leads in a circle: a0 -> a1 -> .* -> a19 -> …; let one/);
  });

  it('and a name that is there twice is found', async () => {
    await expect(
      timed(() => registryOf(aliases(COUNT, (index) => `a${index % (COUNT - 1)}: mini`))),
    ).rejects.toThrow(/:2001:3: this is not valid YAML: Map keys must be unique/);
  });
});

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  covers('R12.1-registry');

  async function fifo(path: string): Promise<void> {
    await promisify(execFile)('mkfifo', [path]);
  }

  it.each(['/dev/zero', '/dev/null'])('%s is refused', async (device) => {
    const files = { ...(await registryFolder()), user: device };
    await expect(loadRegistry(files)).rejects.toThrow('not a regular file');
  });

  it('is refused as a template', async () => {
    const files = await registryFolder(
      'models:\n  m: { backend: llama, file: m.gguf, template: ./t }\n',
    );
    await fifo(join(dirname(files.user), 't'));
    const { problems } = await loadRegistry(files);
    expect(problems).toEqual([expect.stringContaining('not a regular file')]);
  });

  it('is reported by a server that follows its file, and followed by the next file', async () => {
    const files = await registryFolder('aliases:\n  a: mini\n');
    const broken: string[] = [];
    const live = await openLiveRegistry(files, {
      changed: () => undefined,
      broken: (message) => broken.push(message),
    });
    onTestFinished(() => live.close());
    await rm(files.user);
    await fifo(files.user);
    await vi.waitFor(() => expect(broken.at(-1)).toContain('not a regular file'), 5000);
    expect([...live.current.aliases.keys()]).toEqual(['a']);
    await rm(files.user);
    await writeFile(files.user, 'aliases:\n  b: mini\n');
    await vi.waitFor(() => expect([...live.current.aliases.keys()]).toEqual(['b']), 5000);
  });
});
