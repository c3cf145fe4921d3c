import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { named, openFiles, pieces } from '../../store/opened.ts';
import { makeHome } from '../home.ts';

/** Home whose server has stored two files, one of them 40 days ago. */
async function homeWithFiles() {
  const home = await makeHome();
  const folder = path.join(home.environment['PORTICO_HOME'] ?? '', 'data', 'store');
  let now = Date.now() - 40 * 86_400_000;
  const { store, files } = openFiles(folder, {}, { now: () => now });
  onTestFinished(() => store.close());
  await files.add(pieces('x'.repeat(3000)), named('old'));
  now = Date.now();
  await files.add(pieces('young'), named('young'));
  const names = async () => (await files.list({ limit: 9 })).files.map(({ name }) => name);
  return { ...home, names };
}

it('shows what is stored beside a running server', async () => {
  const { portico } = await homeWithFiles();
  const { code, stdout } = await portico('store');
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['KIND', 'COUNT', 'SIZE', 'OLDEST'],
    ['files', '2', '3 kB', expect.stringMatching(/ ago$/)],
    [''],
  ]);
  const json: unknown = JSON.parse((await portico('store', '--json')).stdout);
  expect(json).toMatchObject({ kinds: [{ kind: 'files', count: 2, bytes: 3005 }] });
});

it('removes the old, and then all, beside a running server', async () => {
  const { portico, names } = await homeWithFiles();
  const asked = await portico('store', 'clean');
  expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('allow it with -y')]);
  const old = await portico('store', 'clean', '--older-than', '30d', '-y');
  expect(old.stdout).toBe('removed files: 1\n');
  expect(await names()).toEqual(['young']);
  expect((await portico('store', 'clean', '--kind', 'files', '-y')).stdout).toBe(
    'removed files: 1\n',
  );
  expect(await names()).toEqual([]);
  expect((await portico('store', 'clean', '-y')).stdout).toBe('nothing to remove\n');
});

it('creates no store', async () => {
  const { portico } = await makeHome();
  expect((await portico('store')).stdout).toBe('nothing is stored\n');
  expect((await portico('store', '--json')).stdout).toContain('"kinds": []');
  expect((await portico('store', 'clean', '-y')).stdout).toBe('nothing to remove\n');
});

it('refuses a time that is none', async () => {
  const { portico } = await makeHome();
  const { code, stderr } = await portico('store', 'clean', '--older-than', 'soon');
  expect([code, stderr]).toEqual([1, expect.stringContaining('--older-than')]);
});
