import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isMissing } from '../support/optional.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { named, openFiles, pieces } from './opened.ts';

const disk = await mountSmallDisk();
const isDiskMissing = isMissing('A small disk', disk?.folder, 'run as root, who may mount one');

describe.skipIf(isDiskMissing)('a store on a full disk', () => {
  const root = disk?.folder ?? '';
  const full = {
    code: 'invalid-request',
    message: expect.stringContaining('the disk has no space left'),
    details: { error_code: 'storage_quota_exceeded' },
  };
  afterAll(() => disk?.remove());

  it('fails by the reason at each step, keeps what was stored, and goes on once there is space', async () => {
    const folder = path.join(root, 'store');
    await mkdir(folder);
    const { store, files } = openFiles(folder);
    const kept = await files.add(pieces('kept'), named('kept'));
    // From no page at all to a content that fits, but not its row.
    for (const left of [0, 4096, 8192, 16_384]) {
      await disk?.fill(left);
      const content = pieces(Buffer.alloc(16_384, `${left}`), Buffer.alloc(1, 'x'));
      await expect(files.add(content, named('a')), `${left} bytes left`).rejects.toMatchObject(
        full,
      );
      expect(await readdir(path.join(folder, 'drafts'))).toEqual([]);
      await rm(path.join(root, 'filler'));
    }
    expect((await files.list({ limit: 9 })).files).toEqual([kept]);
    const added = await files.add(pieces(Buffer.alloc(16_384)), named('b'));
    expect((await files.list({ limit: 9 })).files).toEqual([added, kept]);
    await store.close();
    const again = openFiles(folder);
    expect((await again.files.list({ limit: 9 })).files).toEqual([added, kept]);
    expect(await readdir(path.join(folder, 'blobs'))).toHaveLength(2);
    await again.store.close();
  });

  it('fails by the reason if it can not be created', async () => {
    await disk?.fill();
    const { store, files } = openFiles(path.join(root, 'other'));
    await expect(files.add(pieces('a'), named('a'))).rejects.toMatchObject(full);
    await rm(path.join(root, 'filler'));
    expect(await files.add(pieces('a'), named('a'))).toMatchObject({ bytes: 1 });
    await store.close();
  });
});
