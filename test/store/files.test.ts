import { createHash } from 'node:crypto';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STORE_KINDS } from '../../src/store/kinds.ts';
import { named, openFiles, pieces, storeFolder } from './opened.ts';

let place: Awaited<ReturnType<typeof storeFolder>>;
const opened: ReturnType<typeof openFiles>[] = [];

function open(...options: readonly [] | readonly [object] | readonly [object, object]) {
  const [store, files] = options;
  const both = openFiles(place.folder, store, files);
  opened.push(both);
  return both;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

async function textOf(files: ReturnType<typeof open>['files'], id: string): Promise<string> {
  const { content } = await files.open(id);
  try {
    return await content.readFile('utf8');
  } finally {
    await content.close();
  }
}

describe('the file store', () => {
  beforeEach(async () => void (place = await storeFolder()));
  afterEach(async () => {
    for (const { store } of opened.splice(0)) await store.close();
    await place.remove();
  });

  it('creates nothing before a file is stored', async () => {
    const { files } = open();
    expect(await files.list({ limit: 10 })).toEqual({ files: [], hasMore: false });
    await expect(files.get('file_x')).rejects.toThrow('File not found: file_x');
    await expect(stat(place.folder)).rejects.toThrow('ENOENT');
  });

  it('keeps a file, readable by its owner only, across a restart', async () => {
    const first = open();
    const stored = await first.files.add(pieces('Hel', 'lo'), named('a.txt'));
    expect(stored).toMatchObject({ name: 'a.txt', mediaType: 'text/plain', bytes: 5 });
    await first.store.close();
    const { files } = open();
    expect(await files.get(stored.id)).toEqual(stored);
    expect(await textOf(files, stored.id)).toBe('Hello');
    for (const name of ['portico.db', 'owner.lock', `blobs/${sha256('Hello')}`]) {
      const { mode } = await stat(path.join(place.folder, name));
      expect([name, mode & 0o777]).toEqual([name, 0o600]);
    }
  });

  it('stores equal contents once, until the last file with it is removed', async () => {
    const { files } = open();
    const one = await files.add(pieces('same'), named('1'));
    const two = await files.add(pieces('sa', 'me'), named('2'));
    expect(await place.blobs()).toEqual([sha256('same')]);
    expect(await place.drafts()).toEqual([]);
    await files.remove(one.id);
    expect(await textOf(files, two.id)).toBe('same');
    await expect(files.get(one.id)).rejects.toThrow(`File not found: ${one.id}`);
    await expect(files.remove(one.id)).rejects.toThrow(`File not found: ${one.id}`);
    await files.remove(two.id);
    expect(await place.blobs()).toEqual([]);
  });

  it('lists the newest first, in pages, while files are removed', async () => {
    const { files } = open();
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      ids.unshift((await files.add(pieces(name), named(name))).id);
    }
    const names = async (range: Parameters<typeof files.list>[0]) => {
      const page = await files.list(range);
      return [...page.files.map(({ name }) => name), page.hasMore];
    };
    expect(await names({ limit: 2 })).toEqual(['e', 'd', true]);
    expect(await names({ limit: 2, beforeId: ids[3] })).toEqual(['d', 'c', true]);
    await files.remove(ids[1] ?? '');
    expect(await names({ limit: 2, afterId: ids[1] })).toEqual(['c', 'b', true]);
    expect(await names({ limit: 2, afterId: ids[3] })).toEqual(['a', false]);
    await expect(files.list({ limit: 2, afterId: 'file_x' })).rejects.toThrow('file_x');
    const listed = await files.listed([ids[4] ?? '', ids[0] ?? '', ids[1] ?? '', 'file_x']);
    expect(listed.map(({ name }) => name)).toEqual(['e', 'a']);
  });

  it('refuses a content above the limits, and keeps nothing of it', async () => {
    const { files } = open({ mostBytes: 10 });
    await files.add(pieces('123456'), named('a'));
    await expect(files.add(pieces('abcdef'), named('b'))).rejects.toMatchObject({
      code: 'invalid-request',
      details: { error_code: 'storage_quota_exceeded' },
    });
    await expect(files.add(pieces('ab', 'cd'), named('c'), 3)).rejects.toMatchObject({
      code: 'request-too-large',
    });
    expect(await place.drafts()).toEqual([]);
    expect(await place.blobs()).toHaveLength(1);
    await files.add(pieces('123456'), named('equal content needs no more space'));
  });

  it('keeps nothing of a content that breaks off', async () => {
    const { files } = open();
    const broken = async function* () {
      yield Buffer.from('half');
      throw new Error('it broke off');
    };
    await expect(files.add(broken(), named('a'))).rejects.toThrow('it broke off');
    expect([await place.drafts(), await place.blobs()]).toEqual([[], []]);
    expect((await files.list({ limit: 1 })).files).toEqual([]);
  });

  it('expires a file, and removes its content at the next opening', async () => {
    let now = 1_000_000;
    const first = open({}, { now: () => now });
    const { id, expiresAt } = await first.files.add(pieces('short'), named('a', 1000));
    expect(expiresAt).toEqual(new Date(1_001_000));
    now += 1000;
    const expired = { code: 'resource-not-found', details: { error_code: 'file_expired' } };
    await expect(first.files.open(id)).rejects.toMatchObject(expired);
    expect((await first.files.list({ limit: 1 })).files).toEqual([]);
    await first.store.close();
    const { files } = open({}, { now: () => now });
    await expect(files.get(id)).rejects.toMatchObject(expired);
    expect(await place.blobs()).toEqual([]);
  });

  it('removes files after the time for which they are kept', async () => {
    let now = 1_000_000;
    const first = open({}, { now: () => now });
    const old = await first.files.add(pieces('old'), named('old'));
    now += 5000;
    const young = await first.files.add(pieces('young'), named('young'));
    await first.store.close();
    const { files } = open({}, { now: () => now, keepMs: 1000 });
    expect((await files.list({ limit: 9 })).files).toEqual([young]);
    await expect(files.get(old.id)).rejects.toThrow('File not found');
    expect(await place.blobs()).toEqual([sha256('young')]);
  });

  it('removes what an ended process left', async () => {
    const first = open();
    const { id } = await first.files.add(pieces('known'), named('a'));
    await first.store.close();
    await writeFile(path.join(place.folder, 'drafts', 'half'), 'x');
    await writeFile(path.join(place.folder, 'blobs', sha256('orphan')), 'orphan');
    const { files } = open();
    expect(await textOf(files, id)).toBe('known');
    expect([await place.drafts(), await place.blobs()]).toEqual([[], [sha256('known')]]);
  });

  it('reports and removes what was stored before a time', async () => {
    let now = 1_000_000;
    const { store, files } = open({}, { now: () => now });
    await files.add(pieces('old'), named('old'));
    now += 5000;
    await files.add(pieces('young'), named('young'));
    const kind = STORE_KINDS['files'];
    const { database, ...rest } = await store.open();
    const usage = async (before: number) =>
      database.read(async (statements) => kind?.usage(statements, before));
    expect(await usage(now + 1)).toEqual({ count: 2, bytes: 8, oldest: new Date(1_000_000) });
    expect(await usage(now)).toMatchObject({ count: 1, bytes: 3 });
    expect(await kind?.removeOlder({ database, ...rest }, now, now)).toBe(1);
    expect(await usage(now + 1)).toMatchObject({ count: 1, bytes: 5 });
    expect(await usage(0)).toEqual({ count: 0, bytes: 0, oldest: undefined });
  });
});
