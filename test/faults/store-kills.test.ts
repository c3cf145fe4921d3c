import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { connect } from '../../src/store/connection.ts';
import { startServer } from '../support/server.ts';
import { IS_LONG, reportRows } from './report.ts';

const ROUNDS = IS_LONG ? 50 : 5;
const CLIENTS = 4;
const record = reportRows('Store');

const FILE = z.object({ id: z.string(), filename: z.string(), size_bytes: z.number() });
const LIST = z.object({ data: z.array(FILE), next_page: z.string().nullable() });

/** Knowledge of the clients about the files: only what the server has acknowledged is certain. */
class Ledger {
  readonly stored = new Map<string, string>();
  readonly removed = new Set<string>();
  /** Ids whose removal was requested and not acknowledged. */
  readonly doubtful = new Set<string>();
  uploads = 0;
  acknowledged = 0;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Contents that many uploads share, so that references are counted under fire. */
const SHARED = ['a', 'b'].map((text) => Buffer.from(text.repeat(50_000)));

async function upload(url: string, ledger: Ledger): Promise<void> {
  const content = SHARED[ledger.uploads % 4] ?? randomBytes(1000 + (ledger.uploads % 7) * 60_000);
  const form = new FormData();
  form.append('file', new Blob([content]), `upload-${(ledger.uploads += 1)}`);
  const response = await fetch(`${url}/v1/files`, { method: 'POST', body: form });
  const { id } = FILE.parse(await response.json());
  ledger.stored.set(id, sha256(content));
  ledger.acknowledged += 1;
}

async function removeOne(url: string, ledger: Ledger): Promise<void> {
  const id = [...ledger.stored.keys()].find((known) => !ledger.doubtful.has(known));
  if (id === undefined) return;
  ledger.doubtful.add(id);
  const response = await fetch(`${url}/v1/files/${id}`, { method: 'DELETE' });
  await response.json();
  // Another round may have removed it without an acknowledgement.
  if (response.status !== 200) return;
  ledger.doubtful.delete(id);
  ledger.stored.delete(id);
  ledger.removed.add(id);
  ledger.acknowledged += 1;
}

/** Uploads and removes files until the server is gone. */
async function play(url: string, ledger: Ledger): Promise<void> {
  for (let step = 0; ; step += 1) {
    try {
      await (step % 3 === 2 ? removeOne(url, ledger) : upload(url, ledger));
    } catch {
      return;
    }
  }
}

async function listAll(url: string): Promise<z.output<typeof FILE>[]> {
  const files: z.output<typeof FILE>[] = [];
  for (let page: string | null = ''; page !== null;) {
    const response = await fetch(`${url}/v1/files?limit=1000${page && `&page=${page}`}`);
    const list = LIST.parse(await response.json());
    files.push(...list.data);
    page = list.next_page;
  }
  return files;
}

/** Hashes of the contents of all files in the database, by their ids. */
async function contents(store: string): Promise<ReadonlyMap<string, string>> {
  const connection = await connect(path.join(store, 'portico.db'), 5000);
  const statement = await connection.prepare(
    'SELECT id, sha256 FROM files WHERE removed_at IS NULL LIMIT 100000',
  );
  const rows = await statement.all([]);
  connection.close();
  return new Map(rows.map((row) => [String(row['id']), String(row['sha256'])]));
}

/** Compares a restarted server with what was acknowledged, and learns the fate of the rest. */
async function check(url: string, store: string, ledger: Ledger): Promise<void> {
  const files = await listAll(url);
  const ids = new Set(files.map(({ id }) => id));
  const lost = [...ledger.stored.keys()].filter((id) => !ids.has(id) && !ledger.doubtful.has(id));
  const risen = [...ledger.removed].filter((id) => ids.has(id));
  const twice = files.length - new Set(files.map(({ filename }) => filename)).size;
  const hashes = await contents(store);
  const changed = [...ledger.stored].filter(([id, hash]) => ids.has(id) && hashes.get(id) !== hash);
  const blobs = await readdir(path.join(store, 'blobs'));
  const damaged: string[] = [];
  for (const name of blobs) {
    if (sha256(await readFile(path.join(store, 'blobs', name))) !== name) damaged.push(name);
  }
  const drafts = await readdir(path.join(store, 'drafts'));
  expect({ lost, risen, twice, changed, damaged, drafts }).toEqual({
    lost: [],
    risen: [],
    twice: 0,
    changed: [],
    damaged: [],
    drafts: [],
  });
  expect(blobs.toSorted()).toEqual([...new Set(hashes.values())].toSorted());
  for (const id of ledger.doubtful) if (!ids.has(id)) ledger.stored.delete(id);
  ledger.doubtful.clear();
}

it(
  'loses no acknowledged file, and leaves no content without a file, after each kill of the server',
  async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    const store = path.join(home, 'data', 'store');
    const environment = { PORTICO_HOME: home };
    const ledger = new Ledger();
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startServer({ environment });
      if (round > 0) await check(server.url, store, ledger);
      const clients = Array.from({ length: CLIENTS }, () => play(server.url, ledger));
      await delay(100 + Math.random() * 400);
      await server.stop('SIGKILL');
      await Promise.all(clients);
    }
    const last = await startServer({ environment });
    await check(last.url, store, ledger);
    expect(ledger.acknowledged).toBeGreaterThan(ROUNDS);
    const { acknowledged, uploads } = ledger;
    await last.stop();
    record(
      `${ROUNDS} kills of the server while ${CLIENTS} clients upload and delete files`,
      `${acknowledged} acknowledged changes of ${uploads} uploads, none lost, none twice, no content without a file`,
    );
    await rm(home, { recursive: true });
  },
  IS_LONG ? 900_000 : 120_000,
);
