import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { eventsOf } from '../support/event-stream.ts';
import { endless, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { childrenOf, descendantsOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { IS_LONG, reportRows } from './report.ts';

const TIMES = IS_LONG ? 50 : 2;
const ENOUGH_MS = 90_000;
const record = reportRows('Kills');

/** Asks, and fails if the answer has not ended in time. */
function ask(server: RunningServer, body: object): Promise<Response> {
  return post(`${server.url}/v1/messages`, body, {}, AbortSignal.timeout(ENOUGH_MS));
}

/** Begins an answer that would go on for long, and reads its first words. */
async function beginAnswer(server: RunningServer) {
  const response = await ask(server, endless({ stream: true }));
  const events = eventsOf(response);
  for (;;) {
    const { value, done } = await events.next();
    if (done === true) throw new Error('The answer ended before it was to be killed.');
    if (value.event === 'content_block_delta') return events;
  }
}

/** The last event of what is left of an answer; undefined if the connection broke. */
async function endOf(events: ReturnType<typeof eventsOf>): Promise<string | undefined> {
  let last: string | undefined;
  try {
    for await (const { event } of events) last = event;
    return last;
  } catch {
    return undefined;
  }
}

async function answers(server: RunningServer): Promise<boolean> {
  const response = await ask(server, request('Count from 1 to 3'));
  return response.status === 200 && textOf(await messageOf(response)) === '1, 2, 3';
}

/** True if a process runs: one that has ended and was not waited for does not. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-p', String(pid)]).catch(
    () => ({ stdout: '' }),
  );
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

/** True if a process ends within 10 s. */
async function endsSoon(pid: number): Promise<boolean> {
  const late = performance.now() + 10_000;
  while (await isRunning(pid)) {
    if (performance.now() > late) return false;
    await delay(50);
  }
  return true;
}

/** Files that a process left in a home: those that the next one removes, or that should never exist. */
async function leftovers(home: string): Promise<readonly string[]> {
  const names = await readdir(home, { recursive: true });
  return names.filter((name) => /\.tmp$|\.lock$|\.part|thinking\.key\./.test(name));
}

it(
  'answers again after each kill of the engine in mid-answer',
  async () => {
    const server = await startServer();
    let recovered = 0;
    let failures = 0;
    const killed: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      const events = await beginAnswer(server);
      const engines = await childrenOf(server.process.pid ?? 0);
      // An engine may have processes of its own, which end with it.
      killed.push(...(await descendantsOf(server.process.pid ?? 0)));
      for (const engine of engines) process.kill(engine, 'SIGKILL');
      if ((await endOf(events)) === 'error') failures++;
      if (await answers(server)) recovered++;
    }
    const home = await leftovers(server.home);
    const last = await descendantsOf(server.process.pid ?? 0);
    expect(await server.stop()).toBe(0);
    const left: number[] = [];
    for (const pid of [...killed, ...last]) if (!(await endsSoon(pid))) left.push(pid);
    record(
      `${TIMES} kills of the engine in mid-answer`,
      `${recovered} of ${TIMES} recoveries, ${failures} ends by an error event, ${left.length} children and ${home.length} temporary files left`,
    );
    expect({ recovered, failures, left, home }).toEqual({
      recovered: TIMES,
      failures: TIMES,
      left: [],
      home: [],
    });
  },
  IS_LONG ? 1_800_000 : 120_000,
);

it(
  'starts again after each kill of the server in mid-answer, and leaves no engine',
  async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
    let recovered = 0;
    const orphans: number[] = [];
    const waits: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      const server = await startServer({ environment: { PORTICO_HOME: home } });
      if (await answers(server)) recovered++;
      const events = await beginAnswer(server);
      const engines = await descendantsOf(server.process.pid ?? 0);
      expect(engines).not.toEqual([]);
      const killedAt = performance.now();
      const ended = server.stop('SIGKILL');
      expect(await endOf(events)).not.toBe('message_stop');
      await ended;
      for (const engine of engines) if (!(await endsSoon(engine))) orphans.push(engine);
      waits.push(performance.now() - killedAt);
    }
    const last = await startServer({ environment: { PORTICO_HOME: home } });
    const restarted = await answers(last);
    await last.stop();
    const files = await leftovers(home);
    const inStates = await readdir(path.join(home, 'data', 'states')).catch(() => []);
    const states = inStates.filter((name) => !name.startsWith('model-'));
    record(
      `${TIMES} kills of the server in mid-answer`,
      `${recovered} of ${TIMES} recoveries, ${orphans.length} orphans (the last engine ended after ${(Math.max(...waits) / 1000).toFixed(1)} s at most), ${files.length + states.length} temporary files left`,
    );
    expect({ recovered, restarted, orphans, files, states }).toEqual({
      recovered: TIMES,
      restarted: true,
      orphans: [],
      files: [],
      states: [],
    });
    expect((await readFile(path.join(home, 'data', 'thinking.key'))).length).toBe(32);
    await rm(home, { recursive: true });
  },
  IS_LONG ? 1_800_000 : 120_000,
);
