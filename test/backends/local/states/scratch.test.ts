import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { makeSharedScratch, scratchName } from '../../../../src/backends/local/states/scratch.ts';

it('a folder for slot files replaces those of killed processes, and leaves all others', async () => {
  const all = mkdtempSync(path.join(tmpdir(), 'portico-scratch-'));
  vi.stubEnv('TMPDIR', all);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(all, { recursive: true });
  });
  const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const named = (name: string) => path.join(all, name);
  const stale = named(`portico-slots-${scratchName(killed.pid ?? 0)}`);
  const others = [
    `portico-slots-${scratchName(process.ppid)}`,
    `portico-slots-${killed.pid}-elsewhere-1`,
    'portico-slots-mine',
    `other-${scratchName(killed.pid ?? 0)}`,
  ].map(named);
  for (const folder of [stale, ...others]) mkdirSync(folder);
  const made = await makeSharedScratch();
  expect(statSync(made).mode & 0o777).toBe(0o700);
  expect(existsSync(stale)).toBe(false);
  expect(others.filter(existsSync)).toEqual(others);
});
