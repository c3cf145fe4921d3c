import { existsSync } from 'node:fs';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { requireSpace } from '../../src/download/disk.ts';
import { downloadAll } from '../../src/download/download-all.ts';
import { download } from '../../src/download/download.ts';
import type { DownloadOptions } from '../../src/download/download.ts';
import { MINI, serveModels, sha256 } from '../support/model-host.ts';
import { propertyRuns } from '../support/property-runs.ts';
import { covers } from '../support/covers.ts';

const FILES = { 'mini.gguf': MINI };
const HASH = sha256(MINI);

async function target(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portico-download-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'models', 'mini.gguf');
}

/** Downloads without a wait, and records the progress. */
function watched(signal = new AbortController().signal) {
  const seen: [string, number, number | undefined][] = [];
  const retries: string[] = [];
  const options: DownloadOptions = {
    access: undefined,
    signal,
    pauses: [0, 0],
    onProgress: ({ phase, done, total }) => void seen.push([phase, done, total]),
    onRetry: (reason) => void retries.push(reason),
  };
  return { seen, retries, options };
}

const hub = (url: string) => `${url}/user/model/resolve/main/mini.gguf`;

async function expectWhole(file: string): Promise<void> {
  expect(sha256(await readFile(file))).toBe(HASH);
  expect(await readdir(join(file, '..'))).toEqual(['mini.gguf']);
}

describe('a download', () => {
  covers('R4.6-pull-verified');

  it('comes through the redirect, with the hash that the hub names', async () => {
    const host = await serveModels(FILES);
    const file = await target();
    const { seen, options } = watched();
    const got = await download(
      { url: hub(host.url), target: file, bytes: undefined, sha256: undefined },
      options,
    );
    expect(got).toEqual({
      file,
      bytes: MINI.length,
      sha256: HASH,
      verified: true,
      wasThere: false,
    });
    await expectWhole(file);
    expect(seen[0]).toEqual(['downloading', 0, MINI.length]);
    expect(seen.at(-1)).toEqual(['downloading', MINI.length, MINI.length]);
  });

  it('with another hash than the listed one is deleted', async () => {
    const host = await serveModels(FILES, { listedHash: '0'.repeat(64) });
    const file = await target();
    await expect(
      download(
        { url: hub(host.url), target: file, bytes: undefined, sha256: undefined },
        watched().options,
      ),
    ).rejects.toThrow(new RegExp(`SHA-256 ${HASH} instead of 0+.*the file was deleted, try again`));
    expect(await readdir(join(file, '..'))).toEqual([]);
  });

  it('of what is there already is none, unless something else is there', async () => {
    const host = await serveModels(FILES);
    const file = await target();
    const remote = { url: hub(host.url), target: file, bytes: MINI.length, sha256: HASH };
    await download(remote, watched().options);
    expect(await download(remote, watched().options)).toMatchObject({
      wasThere: true,
      verified: true,
    });
    expect(host.downloads).toHaveLength(1);
    for (const other of [MINI.subarray(1), Buffer.from(MINI).fill(0, 1000, 1010)]) {
      await writeFile(file, other);
      await expect(download(remote, watched().options)).rejects.toThrow(
        /exists and differs from .*; remove it, or choose another name/,
      );
    }
  });

  it('that is not GGUF is deleted', async () => {
    const host = await serveModels({ 'mini.gguf': Buffer.from('<!DOCTYPE html>') });
    const file = await target();
    await expect(
      download(
        { url: `${host.cdn}/mini.gguf`, target: file, bytes: undefined, sha256: undefined },
        watched().options,
      ),
    ).rejects.toThrow(/sent a file that is not GGUF: it begins with "<!DO"/);
    expect(await readdir(join(file, '..'))).toEqual([]);
  });

  it('in chunks without a length is whole where the chunks end', async () => {
    const host = await serveModels(FILES, { chunked: true });
    const file = await target();
    const got = await download(
      { url: `${host.cdn}/mini.gguf`, target: file, bytes: undefined, sha256: undefined },
      watched().options,
    );
    expect(got).toMatchObject({ bytes: MINI.length, verified: false });
    await expectWhole(file);
  });

  it('that could end anywhere is refused', async () => {
    const host = await serveModels(FILES, { untilClose: true });
    const file = await target();
    await expect(
      download(
        { url: `${host.cdn}/mini.gguf`, target: file, bytes: undefined, sha256: undefined },
        watched().options,
      ),
    ).rejects.toThrow(/neither its size nor its hash/);
    expect(existsSync(file)).toBe(false);
  });

  it('of a size that is not the listed one is refused', async () => {
    const host = await serveModels(FILES);
    await expect(
      download(
        { url: hub(host.url), target: await target(), bytes: 5, sha256: HASH },
        watched().options,
      ),
    ).rejects.toThrow(/has \d\.\d+ MB, but 5 B are listed/);
  });
});

describe('a download that breaks off', () => {
  covers('R4.6-pull-resume', 'R4.6-pull-cancel');

  const BREAKS = [300_000, 400_000];

  it.each([
    ['with a hash', { sha256: HASH, etag: () => undefined }],
    ['with an ETag', { sha256: undefined, etag: () => '"v1"' }],
  ])('%s goes on from there', async (_case, { sha256: known, etag }) => {
    const host = await serveModels(FILES, { breaks: BREAKS, etag });
    const file = await target();
    const { retries, options } = watched();
    const bytes = known === undefined ? undefined : MINI.length;
    await download({ url: `${host.cdn}/mini.gguf`, target: file, bytes, sha256: known }, options);
    await expectWhole(file);
    const [first, ...later] = host.downloads.map(({ headers }) => headers.range);
    expect(first).toBeUndefined();
    const [second = 0, third = 0] = later.map((range) => Number(/\d+/.exec(range ?? '')?.[0]));
    // A busy machine drops what it has not written to the disk when the connection breaks.
    expect(second).toSatisfy((start: number) => start > 0 && start <= 300_000);
    expect(third).toSatisfy((start: number) => start > second && start <= second + 400_000);
    expect(retries).toHaveLength(2);
  });

  it('is whole in the end, wherever and however often it breaks', async () => {
    const breaks = fc.array(fc.nat({ max: 400_000 }), { maxLength: 5 });
    const kinds = fc.constantFrom('hash', 'etag', 'chunks', 'no ranges');
    const property = fc.asyncProperty(
      breaks,
      kinds,
      fc.array(fc.boolean()),
      async (at, kind, ends) => {
        const host = await serveModels(FILES, {
          breaks: at,
          chunked: kind === 'chunks',
          ranges: kind !== 'no ranges',
          etag: () => (kind === 'etag' ? '"v1"' : undefined),
        });
        const file = await target();
        const known = kind === 'etag' ? undefined : HASH;
        const remote = {
          url: `${host.cdn}/mini.gguf`,
          target: file,
          bytes: undefined,
          sha256: known,
        };
        // Some tries are the last of their process; the next pull goes on.
        for (const patient of [...ends, true]) {
          const pauses = patient ? [0, 0, 0, 0, 0, 0] : [];
          const got = await download(remote, { ...watched().options, pauses }).catch(
            () => undefined,
          );
          expect(existsSync(file)).toBe(got !== undefined);
        }
        await expectWhole(file);
      },
    );
    await fc.assert(property, { numRuns: propertyRuns(25) });
  });

  it('restarts if nothing proves that the file is unchanged', async () => {
    const host = await serveModels(FILES, { breaks: [300_000], etag: () => 'W/"weak"' });
    const file = await target();
    await download(
      { url: `${host.cdn}/mini.gguf`, target: file, bytes: undefined, sha256: undefined },
      watched().options,
    );
    expect(host.downloads.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    await expectWhole(file);
  });

  it('begins anew where the server knows no ranges', async () => {
    const host = await serveModels(FILES, { breaks: [300_000], ranges: false });
    const file = await target();
    await download(
      { url: `${host.cdn}/mini.gguf`, target: file, bytes: MINI.length, sha256: HASH },
      watched().options,
    );
    await expectWhole(file);
  });

  it('begins anew where the file has changed meanwhile', async () => {
    const host = await serveModels(FILES, { breaks: [300_000], etag: () => '"old"' });
    const file = await target();
    const { options } = watched();
    const changing: DownloadOptions = {
      ...options,
      onRetry: () => {
        host.manners = { etag: () => '"new"' };
      },
    };
    await download(
      { url: `${host.cdn}/mini.gguf`, target: file, bytes: undefined, sha256: undefined },
      changing,
    );
    expect(host.downloads.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"old"']);
    await expectWhole(file);
  });

  it('gives up when nothing comes any more, keeps what is there, and a later call goes on', async () => {
    const host = await serveModels(FILES, { breaks: [300_000], statuses: [503, 503, 503] });
    const file = await target();
    const remote = { url: hub(host.url), target: file, bytes: MINI.length, sha256: HASH };
    await expect(download(remote, watched().options)).rejects.toThrow(/answers 503.*try again/);
    expect(existsSync(file)).toBe(false);
    host.manners = { breaks: [300_000, 0, 0, 0] };
    await expect(download(remote, watched().options)).rejects.toThrow(/\d kB are kept/);
    const { size } = await stat(`${file}.part`);
    expect(size).toSatisfy((kept: number) => kept > 0 && kept <= 300_000);
    host.manners = {};
    const { seen, options } = watched();
    await download(remote, options);
    expect(host.downloads.at(-1)?.headers.range).toBe(`bytes=${size}-`);
    expect(seen[0]).toEqual(['checking', expect.any(Number), MINI.length]);
    await expectWhole(file);
  });

  it('or is cancelled is not there under its name, and goes on later', async () => {
    const host = await serveModels(FILES, { pause: 20 });
    const file = await target();
    const controller = new AbortController();
    const { options } = watched(controller.signal);
    const cancelling: DownloadOptions = {
      ...options,
      onProgress: ({ done }) => {
        if (done > 200_000) controller.abort();
      },
    };
    const remote = { url: hub(host.url), target: file, bytes: MINI.length, sha256: HASH };
    await expect(download(remote, cancelling)).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(file)).toBe(false);
    const kept = (await stat(`${file}.part`)).size;
    expect(kept).toBeGreaterThan(200_000);
    host.manners = {};
    await download(remote, watched().options);
    expect(host.downloads.at(-1)?.headers.range).toBe(`bytes=${kept}-`);
    await expectWhole(file);
  });

  it('and whose part was tampered with is found out', async () => {
    const host = await serveModels(FILES, { breaks: [300_000, 0, 0, 0] });
    const file = await target();
    const remote = { url: hub(host.url), target: file, bytes: MINI.length, sha256: HASH };
    await expect(download(remote, watched().options)).rejects.toThrow();
    await writeFile(`${file}.part`, Buffer.concat([MINI.subarray(0, 299_999), Buffer.from('x')]));
    host.manners = {};
    await expect(download(remote, watched().options)).rejects.toThrow(/the file was deleted/);
    await download(remote, watched().options);
    await expectWhole(file);
  });
});

describe('a refusal has a hint', () => {
  covers('R4.6-pull-refused');

  it.each([
    [401, /permission|signed-in/],
    [403, /signed-in.*`file:` in models\.yaml/],
    [404, /does not exist/],
    [400, /answers 400/],
  ])('of status %d', async (status, words) => {
    const host = await serveModels(FILES, { statuses: [status] });
    const { retries, options } = watched();
    await expect(
      download(
        {
          url: `${host.cdn}/mini.gguf`,
          target: await target(),
          bytes: undefined,
          sha256: undefined,
        },
        options,
      ),
    ).rejects.toThrow(words);
    expect(retries).toEqual([]);
  });

  it('and no connection at all', async () => {
    const { options } = watched();
    await expect(
      download(
        {
          url: 'http://127.0.0.1:9/x.gguf',
          target: await target(),
          bytes: undefined,
          sha256: undefined,
        },
        options,
      ),
    ).rejects.toThrow(/broke off \(127\.0\.0\.1:9: .*\); try again/);
  });
});

describe('disk space', () => {
  covers('R4.6-pull-disk');

  it.each([
    [0, 0, false],
    [1e9, 2e9, false],
    [1e9, 1.05e9, true],
    [1e15, 1e12, true],
  ])('of %d needed and %d free', (needed, free, isShort) => {
    const check = () => requireSpace(needed, free, '/models');
    if (isShort) expect(check).toThrow(/\/models is too full: .* are free; free some/);
    else expect(check).not.toThrow();
  });

  it('is checked before a byte is written', async () => {
    const host = await serveModels(FILES, { listedBytes: 1e18 });
    const file = await target();
    await expect(
      downloadAll(
        [{ url: hub(host.url), target: file, bytes: 1e18, sha256: HASH }],
        watched().options,
      ),
    ).rejects.toThrow(/is too full/);
    expect(host.downloads).toEqual([]);
  });
});

describe('two downloads of one file', () => {
  covers('R4.6-pull-atomic');

  it('at once do not write into each other', async () => {
    const host = await serveModels(FILES, { pause: 5 });
    const file = await target();
    const remote = { url: hub(host.url), target: file, bytes: MINI.length, sha256: HASH };
    await Promise.all([download(remote, watched().options), download(remote, watched().options)]);
    await expectWhole(file);
    expect(host.downloads).toHaveLength(1);
  });
});

describe('a token', () => {
  covers('R4.6-pull-token');

  it('is shown to the hub and not to the CDN', async () => {
    const host = await serveModels(FILES, { token: 'hf_secret' });
    const { options } = watched();
    await download(
      { url: hub(host.url), target: await target(), bytes: undefined, sha256: undefined },
      { ...options, access: { origin: host.url, token: 'hf_secret' } },
    );
    expect(host.downloads.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
