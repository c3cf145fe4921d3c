import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { REPOSITORY } from '../../../support/server.ts';
import { covers } from '../../../support/covers.ts';

/** A server in small: starts the engine of `blocking-engine.mjs`, asks it, and prints its process id. */
const PARENT = `
  import { fork } from 'node:child_process';
  const child = fork(process.argv[1], [String(process.pid)], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.send({ type: 'open', task: { runner: 'llama-cpp', spec: {}, settings: {} } });
  child.send({ type: 'generate', call: 1, request: { conversation: { turns: process.argv[2] } } });
  child.once('message', () => setTimeout(() => console.log(child.pid), 300));
`;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('an engine whose server was killed', () => {
  covers('R12.2-orphan');

  it.each(['BLOCK', 'hello'])('ends within seconds, asked %j', async (text) => {
    const engine = `${REPOSITORY}/test/support/blocking-engine.mjs`;
    const server = spawn(process.execPath, ['--input-type=module', '-e', PARENT, engine, text], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await once(createInterface(server.stdout), 'line');
    const pid = Number(line);
    onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    expect(isAlive(pid)).toBe(true);
    server.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});
