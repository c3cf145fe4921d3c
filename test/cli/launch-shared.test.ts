import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/asking.ts';
import { makeLaunchHome } from '../support/launching.ts';

async function isAnswering(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function untilAgentWaits(launch: ChildProcess): Promise<void> {
  let said = '';
  while (!said.includes('waiting')) {
    const [chunk]: unknown[] = await once(launch.stdout ?? launch, 'data');
    said += String(chunk);
  }
}

async function end(launch: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(launch, 'exit');
  launch.kill(signal);
  await exited;
}

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'a server of two launches outlives the first, ended by %s',
  async (signal) => {
    const { start } = await makeLaunchHome();
    const port = await freePort();
    const launch = async (): Promise<ChildProcess> => {
      const args = ['launch', 'claude', '--model', 'mini', '--port', String(port)];
      const started = start(args, { WAIT: '1', OLLAMA_HOST: '127.0.0.1:9' });
      onTestFinished(() => void started.kill('SIGTERM'));
      await untilAgentWaits(started);
      return started;
    };
    const first = await launch();
    const second = await launch();
    await end(first, signal);
    await wait(300);
    expect(await isAnswering(port)).toBe(true);
    await end(second, signal);
    while (await isAnswering(port)) await wait(20);
  },
);
