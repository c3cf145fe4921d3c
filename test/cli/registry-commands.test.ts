import { readFileSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { MINI_FILE } from '../support/engine-variant.ts';
import { runPortico } from '../support/server.ts';
import { makeHome } from './home.ts';
import { covers } from '../support/covers.ts';

const LISTING = z.strictObject({
  default: z.string(),
  models: z.array(
    z.looseObject({
      name: z.string(),
      backend: z.string(),
      status: z.enum([
        'ready',
        'unreadable',
        'not a file',
        'not downloaded',
        'file missing',
        'upstream',
      ]),
      sizeBytes: z.number().optional(),
      memoryBytes: z.number().optional(),
      shipped: z.boolean(),
      location: z.string().regex(/models\.yaml:\d+:\d+$/),
    }),
  ),
  aliases: z.record(z.string(), z.string()),
  problems: z.array(z.string()),
});

describe('portico cp', () => {
  covers('R2.2-cp', 'R2.10-cp-before', 'R2.10-unknown', 'R2.10-atomic', 'R2.10-comments');

  it('names a model that is not downloaded, and prints the command to pull it', async () => {
    const { portico, registryFile } = await makeHome();
    const result = await portico('cp', 'qwen3-coder', 'claude-3-5-sonnet');
    expect(result).toEqual({
      code: 0,
      stdout:
        "copied 'qwen3-coder' to 'claude-3-5-sonnet'\n" +
        "'qwen3-coder' is not downloaded yet (18.6 GB, needs about 23 GB of memory); get it with:\n" +
        '  portico pull qwen3-coder\n',
      stderr: '',
    });
    expect(parse(await readFile(registryFile, 'utf8'))).toEqual({
      aliases: { 'claude-3-5-sonnet': 'qwen3-coder' },
    });
  });

  it('prints no pull command for a downloaded model, and accepts --models', async () => {
    const { portico, registryFile } = await makeHome();
    const other = join(dirname(registryFile), 'other.yaml');
    const result = await portico('cp', 'mini', 'tiny', '--models', other);
    expect(result).toEqual({ code: 0, stdout: "copied 'mini' to 'tiny'\n", stderr: '' });
    expect(parse(await readFile(other, 'utf8'))).toEqual({ aliases: { tiny: 'mini' } });
    await expect(readFile(registryFile)).rejects.toThrow('ENOENT');
  });

  it('lists the known names if the name is unknown', async () => {
    const { portico } = await makeHome('aliases:\n  tiny: mini\n');
    const { code, stdout, stderr } = await portico('cp', 'nope', 'x');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^Error: model: nope is not known; there are mini, .*, tiny\n$/);
  });

  it('loses no edit of several processes at once', async () => {
    const { registryFile, environment } = await makeHome('# kept\n');
    const names = Array.from({ length: 5 }, (_, index) => `name-${index}`);
    const seen = new Set<string>();
    // A reader sees the file before or after an edit, never a part of it.
    const reader = setInterval(() => seen.add(readFileSync(registryFile, 'utf8')), 1);
    const results = await Promise.all(
      names.map((name) => runPortico(['cp', 'mini', name], environment)),
    );
    clearInterval(reader);
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      names.map(() => ({ code: 0, stderr: '' })),
    );
    const text = await readFile(registryFile, 'utf8');
    expect(text).toMatch(/^# kept\n/);
    expect(parse(text)).toEqual({ aliases: Object.fromEntries(names.map((n) => [n, 'mini'])) });
    expect(
      [...seen].filter((earlier) => !/^# kept\n(aliases:\n( {2}name-\d: mini\n)+)?$/.test(earlier)),
    ).toEqual([]);
  });

  it('keeps comments and order, as rm does', async () => {
    const commented = '# mine\naliases:\n  # big\n  a: mini # here\n\n  b: mini\n# end\n';
    const { portico, registryFile } = await makeHome(commented);
    await portico('cp', 'mini', 'c');
    expect(await readFile(registryFile, 'utf8')).toBe(
      commented.replace('  b: mini\n', '  b: mini\n  c: mini\n'),
    );
    await portico('rm', 'c');
    expect(await readFile(registryFile, 'utf8')).toBe(commented);
  });
});

describe('portico ls', () => {
  covers('R2.2-ls', 'R2.10-broken');

  const USER = `
models:
  lost: { backend: llama, file: ./lost.gguf }
  here: { backend: llama, file: ./here.gguf }
  folder: { backend: llama, file: ./folder.gguf }
  zeros: { backend: llama, file: ./zeros.gguf }
  cut: { backend: llama, file: ./cut.gguf }
  llama3.2: { backend: ollama }
aliases:
  claude-3-5-sonnet: qwen3-coder
default: here
`;

  it('shows all names in columns and marks the default', async () => {
    const { portico, registryFile } = await makeHome(USER);
    const folder = dirname(registryFile);
    await copyFile(MINI_FILE, join(folder, 'here.gguf'));
    await writeFile(join(folder, 'zeros.gguf'), Buffer.alloc(1500));
    await writeFile(join(folder, 'cut.gguf'), (await readFile(MINI_FILE)).subarray(0, -1));
    await mkdir(join(folder, 'folder.gguf'));
    const { code, stdout, stderr } = await portico('ls');
    expect(code).toBe(0);
    const reasons = stderr.trimEnd().split('\n').toSorted();
    expect(reasons).toEqual([
      expect.stringMatching(
        /^cut: .*cut\.gguf can't be read as GGUF: it is cut off: it has \d+ bytes/,
      ),
      expect.stringMatching(
        /^folder: .*folder\.gguf can't be read as GGUF: it is a folder, not a regular file\. Check/,
      ),
      expect.stringMatching(
        /^zeros: .*zeros\.gguf can't be .*: it does not begin with GGUF\. Check/,
      ),
    ]);
    const [header = '', ...lines] = stdout.trimEnd().split('\n');
    const columns = ['NAME', 'BACKEND', 'SIZE', 'STATUS', 'WHERE'].map((title) =>
      header.indexOf(title),
    );
    const cells = lines.map((line) =>
      columns.map((start, index) => line.slice(start, columns[index + 1]).trim()),
    );
    expect(cells).toEqual(
      expect.arrayContaining([
        ['mini', 'llama', '3.55 MB', 'ready', expect.stringMatching(/mini\.gguf$/)],
        ['qwen3-coder', 'llama', '18.6 GB', 'not downloaded', '-'],
        ['lost', 'llama', '-', 'file missing', '-'],
        ['zeros', 'llama', '1.5 kB', 'unreadable', expect.stringMatching(/zeros\.gguf$/)],
        ['cut', 'llama', '3.55 MB', 'unreadable', expect.stringMatching(/cut\.gguf$/)],
        ['here (default)', 'llama', '3.55 MB', 'ready', expect.stringMatching(/here\.gguf$/)],
        ['folder', 'llama', '-', 'not a file', expect.stringMatching(/folder\.gguf$/)],
        ['llama3.2', 'ollama', '-', 'upstream', 'http://127.0.0.1:9'],
        ['claude-3-5-sonnet', 'llama', '-', 'alias of qwen3-coder', '-'],
      ]),
    );
    expect((await portico('list')).stdout).toBe(stdout);
  });

  it('prints the same as JSON with --json', async () => {
    const { portico } = await makeHome(USER);
    const { code, stdout } = await portico('ls', '--json');
    expect(code).toBe(0);
    const listing = LISTING.parse(JSON.parse(stdout));
    expect(listing).toMatchObject({
      default: 'here',
      aliases: { 'claude-3-5-sonnet': 'qwen3-coder' },
      problems: [],
    });
    expect(Object.fromEntries(listing.models.map(({ name, status }) => [name, status]))).toEqual(
      expect.objectContaining({
        mini: 'ready',
        'gpt-oss:20b': 'not downloaded',
        here: 'file missing',
      }),
    );
    expect(listing.models.find(({ name }) => name === 'qwen3-coder')).toMatchObject({
      sizeBytes: 18.6e9,
      memoryBytes: 23e9,
      shipped: true,
    });
  });

  it('prints the names of headers with --json, but not their values', async () => {
    const { portico } = await makeHome(
      'models:\n  far:\n    backend: openai\n    url: http://127.0.0.1:1/v1\n    headers: { x-secret: abc123 }\n',
    );
    const { stdout } = await portico('ls', '--json');
    expect(stdout).toContain('x-secret');
    expect(stdout).not.toContain('abc123');
  });

  it('warns of an invalid entry, and fails on an invalid file, with the place', async () => {
    const { portico, registryFile } = await makeHome('aliases:\n  good: mini\n  bad: nothing\n');
    const warned = await portico('ls');
    expect(warned.code).toBe(0);
    expect(warned.stdout).toMatch(/^good +llama/m);
    expect(warned.stderr).toMatch(
      /^Warning: \S+models\.yaml:3:3: alias 'bad' leads to 'nothing'.*\n$/,
    );

    await writeFile(registryFile, 'aliases: {\n');
    const failed = await portico('ls');
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^Error: \S+models\.yaml:\d+:\d+: .*\n$/);
  });
});

describe('portico rm', () => {
  covers('R2.2-rm');

  it('removes several names, and reports why one stays', async () => {
    const { portico, registryFile } = await makeHome('aliases:\n  a: mini\n  b: mini\n  c: mini\n');
    const { code, stdout, stderr } = await portico('rm', 'a', 'mini', 'b');
    expect(code).toBe(1);
    expect(stdout).toBe("deleted 'a'\ndeleted 'b'\n");
    expect(stderr).toMatch(/^Error: 'mini' comes with Portico and can't be removed.*\n$/);
    expect(parse(await readFile(registryFile, 'utf8'))).toEqual({ aliases: { c: 'mini' } });
    expect(await portico('rm', 'c')).toEqual({ code: 0, stdout: "deleted 'c'\n", stderr: '' });
  });
});
