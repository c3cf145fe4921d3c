import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { isRunning } from '../../src/core/running.ts';
import { takeLease } from '../../src/launch/lease.ts';
import { freePort } from '../support/asking.ts';
import { makeLaunchHome } from '../support/launching.ts';
import { descendantsOf } from '../support/processes.ts';
import { serve } from '../support/upstream/replay.ts';

it('waits for the process of a server that writes states after its port is closed', async () => {
  const writer = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 2500)']);
  const server = await serve((request, response) => {
    if (request.method === 'POST') return response.flushHeaders();
    response.end(JSON.stringify({ stops: true, pid: writer.pid }));
    return void server.close();
  });
  onTestFinished(() => void writer.kill());
  const lease = await takeLease({ url: server.url, key: undefined });
  let reminders = 0;
  await lease?.end(() => reminders++);
  expect(isRunning(writer.pid ?? 0)).toBe(false);
  expect(reminders).toBe(1);
});

it('leaves no process of the server after a launch', async () => {
  const { start } = await makeLaunchHome();
  const args = ['launch', 'claude', '--model', 'mini', '--port', String(await freePort())];
  const launch = start(args, { WAIT: '1', OLLAMA_HOST: '127.0.0.1:9' });
  let said = '';
  launch.stdout?.on('data', (text) => (said += String(text)));
  await expect.poll(() => said, { timeout: 40_000 }).toContain('waiting');
  const processes = await descendantsOf(launch.pid ?? 0);
  expect(processes.length).toBeGreaterThanOrEqual(3);
  launch.kill();
  await once(launch, 'exit');
  // The process of the templates ends a moment after its engine.
  await expect.poll(() => processes.filter(isRunning)).toEqual([]);
});
