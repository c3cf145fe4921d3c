import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import path from 'node:path';
import type { Token } from 'node-llama-cpp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Slot } from '../../../../../src/backends/local/runners/llama-cpp/slot.ts';
import { StateFiles } from '../../../../../src/backends/local/prefix-cache/state-files.ts';
import { scratchName } from '../../../../../src/backends/local/states/scratch.ts';
import { Transcripts } from '../../../../../src/backends/local/transcripts.ts';
import { covers } from '../../../../support/covers.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const tokens = (...ids: readonly number[]) => ids as unknown as readonly Token[];

/** Fake of a slot: a real one needs a model, and its files are too large for this test. */
function slotOf(ids: readonly number[], written = 100, reported = written): Slot {
  const slot: Pick<Slot, 'session' | 'isHeld' | 'save' | 'load'> = {
    session: {},
    isHeld: false,
    async save(file) {
      await writeFile(file, new Uint8Array(written));
      return { bytes: reported, tokens: tokens(...ids) };
    },
    load: async (file) => void (await stat(file)),
  };
  return slot as Slot;
}

describe('state files', () => {
  covers('R6.2-limit', 'R6.2-stale', 'R6.2-failing');

  const logged: string[] = [];
  const open = async (limitBytes = 250) => {
    logged.length = 0;
    return openIn(folder, limitBytes);
  };
  const openIn = (place: string, limitBytes: number) =>
    StateFiles.open({
      folder: place,
      limitBytes,
      model: 'mini',
      identity: 'test',
      transcripts: new Transcripts(),
      log: (message) => logged.push(message),
    });
  const names = async () =>
    (await readdir(path.join(folder, 'model-test'))).filter((name) => name.endsWith('.state'));

  it('are as many as the limit allows, the least recently used out first', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    await files.save(slotOf([3, 4]));
    const [first] = files.saved;
    if (first === undefined) throw new Error('Nothing was saved.');
    // The clock of a file system has steps of some milliseconds.
    await wait(10);
    await files.load(first, slotOf([]));
    await files.save(slotOf([5, 6]));
    expect(files.saved.map((state) => state.tokens)).toEqual([
      [1, 2],
      [5, 6],
    ]);
    expect(await names()).toHaveLength(2);
    files.close();
    expect(await readdir(folder)).toEqual(['model-test']);
    const next = await open();
    expect(next.saved.map((state) => state.tokens)).toEqual([
      [1, 2],
      [5, 6],
    ]);
    next.close();
  });

  it('take the place of those that they go on from', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    await files.save(slotOf([1, 2, 3]));
    expect(files.saved.map((state) => state.tokens)).toEqual([[1, 2, 3]]);
    expect(await names()).toHaveLength(1);
    files.close();
  });

  it('of processes that are no more are removed, others stay', async () => {
    const ended = fork('-e', [''], { execArgv: [], stdio: 'ignore' });
    await once(ended, 'exit');
    const pid = ended.pid ?? 0;
    const running = scratchName(process.ppid);
    for (const name of [scratchName(pid), running, 'mine']) {
      await mkdir(path.join(folder, name));
    }
    const files = await open();
    const left = await readdir(folder);
    expect(left).toHaveLength(4);
    expect(left).toEqual(expect.arrayContaining([running, 'mine']));
    files.close();
  });

  it('of another container with the same folder stay until nothing changes them', async () => {
    const ended = fork('-e', [''], { execArgv: [], stdio: 'ignore' });
    await once(ended, 'exit');
    const [live, draft, old] = ['0a', '0b', '0c'].map((scope) => `${ended.pid}-${scope}-1`);
    for (const name of [live, draft, old]) await mkdir(path.join(folder, name ?? ''));
    const hour = new Date(Date.now() - 3_600_000);
    await writeFile(path.join(folder, draft ?? '', 'state'), '');
    for (const name of [draft, old]) await utimes(path.join(folder, name ?? ''), hour, hour);
    const files = await open();
    expect((await readdir(folder)).filter((name) => name.startsWith(`${ended.pid}-`))).toEqual([
      live,
      draft,
    ]);
    files.close();
  });

  it('are written by a process whose folder of drafts another one removed', async () => {
    const files = await open();
    const drafts = (await readdir(folder)).filter((name) => name !== 'model-test');
    for (const name of drafts) await rm(path.join(folder, name), { recursive: true });
    await files.save(slotOf([1, 2]));
    expect(files.saved).toHaveLength(1);
    expect(logged).toEqual([]);
    files.close();
  });

  it.each([
    ['can’t be written', (): Slot => slotOf([1], 100, 200), 'only 100 of 200 bytes were written'],
    ['fail to be written', (): Slot => slotOf([1], -1), 'Invalid typed array length'],
  ])('that %s are said once, and are tried again later', async (_title, slot, reason) => {
    const files = await open();
    await files.save(slotOf([9]));
    await files.save(slot());
    await files.save(slot());
    expect(await files.ready()).toBe(false);
    expect(files.saved).toHaveLength(1);
    expect(await names()).toHaveLength(1);
    expect(logged).toEqual([expect.stringContaining(reason)]);
    const now = performance.now();
    vi.spyOn(performance, 'now').mockReturnValue(now + 60_000);
    expect(await files.ready()).toBe(true);
    await files.save(slotOf([1, 2]));
    expect(files.saved.map((state) => state.tokens)).toEqual([[9], [1, 2]]);
    expect(logged).toHaveLength(1);
    files.close();
  });

  it('that are longer than the context are kept for a larger one', async () => {
    const files = await open();
    files.useContext('any', 4);
    await files.save(slotOf([1, 2, 3]));
    files.close();
    const smaller = await open();
    smaller.useContext('any', 3);
    expect(smaller.saved).toEqual([]);
    await smaller.save(slotOf([1, 2]));
    smaller.close();
    const larger = await open();
    larger.useContext('any', 4);
    expect(larger.saved.map((state) => state.tokens)).toEqual([
      [1, 2, 3],
      [1, 2],
    ]);
    larger.close();
  });

  it('are cut to a smaller limit as they are opened', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    await files.save(slotOf([3, 4]));
    files.close();
    const next = await open(150);
    expect(next.saved.map((state) => state.tokens)).toEqual([[3, 4]]);
    next.close();
  });

  it('that can’t be loaded are forgotten', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    const [state] = files.saved;
    if (state === undefined) throw new Error('Nothing was saved.');
    await rm(`${state.stem}.state`);
    await files.load(state, slotOf([]));
    expect(files.saved).toEqual([]);
    expect(await files.ready()).toBe(true);
    expect(logged).toEqual([expect.stringContaining("can't be restored")]);
    files.close();
  });

  it('that are pipes are passed over, however many there are', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    files.close();
    const [name = ''] = await names();
    const state = path.join(folder, 'model-test', name);
    await rm(state);
    const pipes = ['.json', '.tokens'].flatMap((end) =>
      Array.from({ length: 4 }, (_, index) => path.join(folder, 'model-test', `${index}${end}`)),
    );
    execFileSync('mkfifo', [state, ...pipes]);
    const next = await open();
    const [saved] = next.saved;
    if (saved === undefined) throw new Error('Nothing was found.');
    expect(await next.load(saved, slotOf([]))).toBe(false);
    expect(logged).toEqual([expect.stringContaining('a named pipe, not a regular file')]);
    next.close();
  });

  it('with records that are too large are passed over', async () => {
    const files = await open();
    await files.save(slotOf([1, 2]));
    files.close();
    const [name = ''] = await names();
    const record = path.join(folder, 'model-test', name.replace('.state', '.json'));
    await appendFile(record, ' '.repeat(5_000_000));
    const next = await open();
    expect(next.saved).toEqual([]);
    next.close();
  });

  it('without a folder are none', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    const files = await openIn(file, 9);
    expect(await files.ready()).toBe(false);
    expect(logged.at(-1)).toContain('ENOTDIR');
    files.close();
  });
});
