import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { sendCommand } from '../../../../src/backends/local/worker/parts.ts';
import { MINI, request, said } from '../../../support/requests.ts';

const MB = 2 ** 20;

/** Answers with the size of a command that came in parts. */
const SCRIPT = `
let characters = 0;
process.on('message', ({ type, text }) => {
  if (type === 'part') characters += text.length;
  else process.send(characters);
});
process.send('up');
`;

const command = {
  type: 'generate' as const,
  call: 1,
  request: request(MINI, said('word '.repeat(6 * MB))),
};

/** A child that reads nothing until SIGCONT. */
async function start(): Promise<ChildProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'portico-parts-'));
  const script = path.join(folder, 'child.mjs');
  await writeFile(script, SCRIPT);
  const child = fork(script);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });
  await once(child, 'message');
  child.kill('SIGSTOP');
  return child;
}

/** The sending of a large command to a child, after all that fits into its pipe was sent. */
async function stalled(child: ChildProcess, signal: AbortSignal) {
  let isSent = false;
  const sending = sendCommand(child, command, signal).then(() => (isSent = true));
  await Promise.race([sending, wait(500)]);
  expect(isSent).toBe(false);
  return { ended: async () => void (await sending) };
}

it('does not queue a large request for an engine that does not read', async () => {
  const child = await start();
  const sending = await stalled(child, new AbortController().signal);
  child.kill('SIGCONT');
  const [[characters]] = await Promise.all([once(child, 'message'), sending.ended()]);
  expect(characters).toBe(JSON.stringify(command).length);
});

it('ends the sending of a request whose client has gone', async () => {
  const child = await start();
  const client = new AbortController();
  const sending = await stalled(child, client.signal);
  client.abort();
  await expect(sending.ended()).rejects.toMatchObject({ code: 'cancelled' });
});

it('ends the sending of a request whose engine has died', async () => {
  const child = await start();
  const sending = await stalled(child, new AbortController().signal);
  child.kill('SIGKILL');
  await expect(sending.ended()).resolves.toBeUndefined();
});
