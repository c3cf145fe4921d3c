import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRunning } from '../../../../../src/core/running.ts';
import { REPOSITORY } from '../../../../support/server.ts';

/** An engine in small: starts a program as a llama-server, and prints its process id. */
const PARENT = `
  import { spawnBound } from '${REPOSITORY}/dist/backends/local/runners/llama-server/server-process.js';
  const child = spawnBound({ model: 'm', file: process.execPath, args: ['-e', 'setInterval(() => {}, 1000)'], environment: process.env });
  console.log(child.pid);
`;

describe('a llama-server whose engine was killed', () => {
  it.skipIf(process.platform === 'win32')('ends with it', async () => {
    const engine = spawn(process.execPath, ['--input-type=module', '-e', PARENT], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await once(createInterface(engine.stdout), 'line');
    const pid = Number(line);
    onTestFinished(() => {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
    expect(isRunning(pid)).toBe(true);
    engine.kill('SIGKILL');
    await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
  });
});
