import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadThinkingKey } from '../../src/config/thinking-key.ts';
import { writeWholeFile } from '../../src/core/write-file.ts';
import { download } from '../../src/download/download.ts';
import { saveLastModel } from '../../src/launch/last-model.ts';
import { applySettings } from '../../src/launch/settings/file.ts';
import { isMissing } from '../support/optional.ts';
import { REPOSITORY, runPortico } from '../support/server.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { serve } from '../support/upstream/replay.ts';

const disk = await mountSmallDisk();
const isDiskMissing = isMissing('A small disk', disk?.folder, 'run as root, who may mount one');

/** Files that were written, with the folder that they are in. */
interface Place {
  readonly home: string;
  readonly file: (name: string) => string;
}

/** Writers, each with the file that its failure has to name. */
const WRITERS: Readonly<Record<string, (place: Place) => readonly [string, Promise<unknown>]>> = {
  'a whole file': ({ file }) => [file('a.txt'), writeWholeFile(file('a.txt'), 'text')],
  'the signing key': ({ file, home }) => [file('thinking.key'), loadThinkingKey(home)],
  'the last model': ({ file, home }) => [file('launch.json'), saveLastModel(home, 'mini')],
  'the settings of Claude Code': ({ file, home }) => [
    file('settings.json.before-portico'),
    applySettings(file('settings.json'), { env: {} }, home),
  ],
  'the record of settings': ({ file, home }) => [
    file('claude-settings.json'),
    applySettings(file('none/settings.json'), { env: {} }, home),
  ],
  'a download': ({ file }) => [file('mini.gguf'), chunkedDownload(file('mini.gguf'))],
};

/** Downloads a file of unreported size, so that its space can't be checked before. */
async function chunkedDownload(target: string): Promise<void> {
  const source = await serve((_request, response) => {
    response.write('GGUF');
    response.end(Buffer.alloc(10_000));
  });
  const url = `${source.url}/mini.gguf`;
  const file = { url, target, bytes: undefined, sha256: undefined };
  const options = {
    access: undefined,
    signal: AbortSignal.timeout(10_000),
    onProgress: () => undefined,
    onRetry: () => undefined,
  };
  try {
    await download(file, options);
  } finally {
    await source.close();
  }
}

describe.skipIf(isDiskMissing)('a full disk', () => {
  const folder = disk?.folder ?? '';
  const home = path.join(folder, 'home');
  const place: Place = { home, file: (name) => path.join(home, name) };
  beforeAll(() => rm(home, { recursive: true, force: true }));
  beforeEach(async () => {
    await rm(path.join(folder, 'filler'), { force: true });
    await rm(home, { recursive: true, force: true });
    await mkdir(home);
    await mkdir(place.file('none'));
    await writeFile(place.file('settings.json'), '{"theme": "dark"}');
    await writeFile(place.file('models.yaml'), 'aliases:\n  old: mini\n');
  });
  afterAll(() => disk?.remove());

  it.each(Object.keys(WRITERS))(
    'fails %s by name, and leaves no temporary file',
    async (writer) => {
      await disk?.fill();
      const before = await readdir(home);
      const [file, written] = WRITERS[writer]?.(place) ?? ['', Promise.resolve()];
      await expect(written).rejects.toThrow(file);
      await expect(written).rejects.toThrow('ENOSPC');
      expect(await readdir(home)).toEqual(before);
    },
  );

  it('keeps a file of which only a part would fit', async () => {
    await disk?.fill(4096);
    const written = writeWholeFile(place.file('models.yaml'), '#'.repeat(10_000));
    await expect(written).rejects.toThrow('ENOSPC');
    expect(await readFile(place.file('models.yaml'), 'utf8')).toBe('aliases:\n  old: mini\n');
    expect(await readdir(home)).toEqual(['models.yaml', 'none', 'settings.json']);
  });

  it.each([
    ['cp', 'mini', 'new'],
    ['default', 'mini'],
    ['rm', 'old'],
  ])('fails portico %s, which names models.yaml', async (...args) => {
    await disk?.fill();
    const { code, stderr } = await runPortico(args, { PORTICO_HOME: home });
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(place.file('models.yaml'));
    expect(await readFile(place.file('models.yaml'), 'utf8')).toBe('aliases:\n  old: mini\n');
    expect(await readdir(home)).toEqual(['models.yaml', 'none', 'settings.json']);
  });
});

describe.runIf(process.platform === 'linux')('a log that can’t be written', () => {
  it('ends no server', async () => {
    const command = `exec "$0" bin/portico.js serve --port 0 2>/dev/full`;
    const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    const server = spawn('sh', ['-c', command, process.execPath], {
      cwd: REPOSITORY,
      env: { ...process.env, PORTICO_HOME: home },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let printed = '';
    server.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    try {
      await expect.poll(() => printed, { timeout: 40_000 }).toMatch(/http:\/\/127\.0\.0\.1:\d+/);
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed)?.[0];
      for (let count = 0; count < 3; count++) {
        expect((await fetch(`${url}/v1/models/nothing`)).status).toBe(404);
      }
    } finally {
      server.kill();
      expect(await once(server, 'exit')).toEqual([0, null]);
      await rm(home, { recursive: true });
    }
  });
});
