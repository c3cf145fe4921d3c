import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/store/connection.ts';
import { migrate, MIGRATIONS } from '../../src/store/migrations.ts';
import { named, openFiles, pieces, storeFolder } from './opened.ts';

let place: Awaited<ReturnType<typeof storeFolder>>;

beforeEach(async () => void (place = await storeFolder()));
afterEach(() => place.remove());

describe('two servers on one data folder', () => {
  it('refuses the second one by the process of the first, until the first ends', async () => {
    const first = openFiles(place.folder);
    const second = openFiles(place.folder);
    const { id } = await first.files.add(pieces('a'), named('a'));
    await expect(second.files.get(id)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`another Portico server (process ${process.pid})`),
    });
    await first.store.close();
    expect(await second.files.get(id)).toMatchObject({ name: 'a' });
    await second.store.close();
  });

  it('lets a command read and remove beside a server', async () => {
    const server = openFiles(place.folder);
    const { id } = await server.files.add(pieces('a'), named('a'));
    const command = openFiles(place.folder, { role: 'visitor' });
    expect((await command.files.list({ limit: 9 })).files).toHaveLength(1);
    await command.files.remove(id);
    await expect(server.files.get(id)).rejects.toThrow('File not found');
    expect(await place.blobs()).toEqual([]);
    await command.store.close();
    await server.store.close();
  });
});

describe('migrations', () => {
  it.each(MIGRATIONS.map((_, version) => version))(
    'migrates a store of version %i',
    async (version) => {
      await mkdir(place.folder, { recursive: true });
      const connection = await connect(path.join(place.folder, 'portico.db'), 0);
      await migrate(connection, MIGRATIONS.slice(0, version));
      connection.close();
      const { store, files } = openFiles(place.folder);
      expect(await files.add(pieces('a'), named('a'))).toMatchObject({ bytes: 1 });
      await store.close();
    },
  );

  it('takes no half step', async () => {
    await mkdir(place.folder, { recursive: true });
    const file = path.join(place.folder, 'portico.db');
    const connection = await connect(file, 0);
    const half = 'CREATE TABLE a (b); CREATE TABLE a (c)';
    await expect(migrate(connection, [half])).rejects.toThrow('already exists');
    await migrate(connection, ['CREATE TABLE a (d)']);
    connection.close();
  });

  it('refuses a store of a newer version', async () => {
    const first = openFiles(place.folder);
    await first.files.add(pieces('a'), named('a'));
    await first.store.close();
    const connection = await connect(path.join(place.folder, 'portico.db'), 0);
    await connection.exec('PRAGMA user_version = 99');
    connection.close();
    const { files } = openFiles(place.folder);
    await expect(files.list({ limit: 1 })).rejects.toThrow('newer Portico: its version is 99');
  });
});

describe('a store that cannot be used', () => {
  it('names the reason if the database is damaged, and opens after the damage is gone', async () => {
    await mkdir(place.folder, { recursive: true });
    await writeFile(path.join(place.folder, 'portico.db'), 'no database'.repeat(1000));
    const { store, files } = openFiles(place.folder);
    await expect(files.list({ limit: 1 })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('SQLITE_NOTADB'),
    });
    await writeFile(path.join(place.folder, 'portico.db'), '');
    expect(await files.list({ limit: 1 })).toEqual({ files: [], hasMore: false });
    await store.close();
  });

  it('names the reason if its folder is a file', async () => {
    await writeFile(place.folder, '');
    const { files } = openFiles(place.folder);
    await expect(files.add(pieces('a'), named('a'))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('EEXIST'),
    });
  });
});

describe('units of work', () => {
  it('have no effect if they fail, and do not stop the next ones', async () => {
    const { store } = openFiles(place.folder);
    const { database } = await store.open();
    const failed = database.write(async (statements) => {
      await statements.run('INSERT INTO blobs VALUES (?, ?, ?)', 'x', 1, 1);
      throw new Error('stop');
    });
    const count = database.read(async (statements) =>
      statements.get('SELECT count(*) AS count FROM blobs'),
    );
    await expect(failed).rejects.toThrow('stop');
    expect(await count).toMatchObject({ count: 0 });
    await store.close();
  });

  it('leave the event loop free while another process writes', async () => {
    const { store, files } = openFiles(place.folder);
    await files.add(pieces('a'), named('a'));
    const other = await connect(path.join(place.folder, 'portico.db'), 0);
    await other.exec('BEGIN IMMEDIATE');
    const waiting = files.add(pieces('b'), named('b'));
    let longest = 0;
    let last = performance.now();
    for (const end = last + 500; last < end;) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }
    await other.exec('COMMIT');
    other.close();
    expect(await waiting).toMatchObject({ name: 'b' });
    expect(longest).toBeLessThan(200);
    await store.close();
  });
});
