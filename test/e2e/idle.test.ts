import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { messageOf, post, request } from '../support/messages-api.ts';
import { descendantsOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';

/** Number of times that each thread of a process and its descendants began to wait. */
async function waitsOf(pid: number): Promise<ReadonlyMap<string, number>> {
  const processes = [pid, ...(await descendantsOf(pid))];
  const threads = await Promise.all(
    processes.map(async (process) => {
      const folder = `/proc/${process}/task`;
      return (await readdir(folder)).map((thread) => `${folder}/${thread}/status`);
    }),
  );
  const counts = threads.flat().map(async (file) => {
    const status = await readFile(file, 'utf8').catch(() => '');
    return [file, Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0)] as const;
  });
  return new Map(await Promise.all(counts));
}

describe('a server without requests', () => {
  it.runIf(process.platform === 'linux')('sleeps, with its engine', async () => {
    const server = await startServer();
    onTestFinished(async () => void (await server.stop()));
    const { pid = 0 } = server.process;
    await messageOf(await post(`${server.url}/v1/messages`, request('Hello')));
    expect(await descendantsOf(pid)).not.toEqual([]);
    const waitsPerSecond = async (): Promise<number> => {
      const before = await waitsOf(pid);
      await delay(1000);
      const later = [...(await waitsOf(pid))].map(([thread, count]) => {
        return count - (before.get(thread) ?? count);
      });
      return later.reduce((sum, count) => sum + count, 0);
    };
    await expect.poll(waitsPerSecond, { interval: 0 }).toBeLessThanOrEqual(5);
  });
});
