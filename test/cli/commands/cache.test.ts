import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  stateFile,
  weightsFolder,
  writeRecord,
} from '../../../src/backends/local/states/record.ts';
import { makeHome } from '../home.ts';

async function homeWithStates() {
  const home = await makeHome();
  const folder = weightsFolder(join(home.environment['PORTICO_HOME'] ?? '', 'data', 'states'), 'x');
  await mkdir(folder, { recursive: true });
  for (const [name, model, users] of [
    ['a', 'mini', { sessions: ['one', 'two'], clients: ['claude-cli'] }],
    ['b', 'qwen', { sessions: [] }],
  ] satisfies [string, string, { sessions: string[]; clients?: string[] }][]) {
    const stem = join(folder, name);
    await writeFile(stateFile(stem), 'state');
    const record = { model, context: '', tokens: 18_204, bytes: 2_000_000, checksum: 0 };
    const rest = { transcripts: [], ...users, isHeld: false, seconds: 27.6 };
    await writeRecord(stem, { ...record, ...rest }, [1, 2, 3], folder);
  }
  return home;
}

it('lists kept prompts, the last used first', async () => {
  const { portico } = await homeWithStates();
  const { code, stdout } = await portico('cache');
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['MODEL', 'TOKENS', 'SIZE', 'SAVES', 'USED', 'CLIENT', 'SESSIONS'],
    ['qwen', '18,204', '2 MB', '28 s', expect.stringMatching(/^\d+ s ago$/), '-', '-'],
    [
      'mini',
      '18,204',
      '2 MB',
      '28 s',
      expect.stringMatching(/^\d+ s ago$/),
      'claude-cli',
      'one and 1 more',
    ],
    ['2 kept prompts of 4 MB'],
    [''],
  ]);
});

it('removes those of one model', async () => {
  const { portico } = await homeWithStates();
  expect((await portico('cache', '--clear', '--model', 'mini')).stdout).toBe(
    'removed 1 kept prompt of 2 MB\n',
  );
  const { stdout } = await portico('cache', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ prefixes: [{ model: 'qwen', tokens: 18_204 }] });
});
