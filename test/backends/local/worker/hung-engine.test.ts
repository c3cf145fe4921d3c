import { ChildProcess } from 'node:child_process';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalBackend } from '../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../src/backends/local/backend.ts';
import { Scheduler } from '../../../../src/backends/local/runners/llama-cpp/scheduler.ts';
import { ENGINE } from '../../../support/engine-variant.ts';
import { childrenOf } from '../../../support/processes.ts';
import { collect, MINI, request, said } from '../../../support/requests.ts';
import { covers } from '../../../support/covers.ts';

const soon = () => AbortSignal.timeout(50_000);
const REAL = new URL('../../../../dist/backends/local/worker/child.js', import.meta.url);
const MUTE = new URL('../../../support/mute-engine.mjs', import.meta.url);
const BLOCKING = new URL('../../../support/blocking-engine.mjs', import.meta.url);

async function open(options: Partial<LocalBackendOptions>) {
  const others = await childrenOf(process.pid);
  const backend = createLocalBackend({
    engine: 'isolated',
    ...ENGINE,
    context: undefined,
    queueLimit: 8,
    log: () => undefined,
    ...options,
  });
  onTestFinished(() => backend.close());
  const ask = (text: string) => backend.generate(request(MINI, said(text)), soon());
  const engines = async () =>
    (await childrenOf(process.pid)).filter((child) => !others.includes(child));
  return { backend, ask, engines };
}

describe('an engine whose main thread hangs in native code', () => {
  covers('R12.2-hung');

  it('is ended with all its requests, and the next request starts another', async () => {
    const { ask } = await open({ childModule: BLOCKING, allowedSilenceSeconds: 2 });
    expect((await collect(ask('hello'))).text).toBe('answered');
    const hung = [collect(ask('BLOCK')), collect(ask('BLOCK again'))];
    for (const one of hung) {
      await expect(one).rejects.toMatchObject({
        code: 'engine-crashed',
        message:
          'The engine of mini sent no sign of life for 2 s, so it was ended. The next request starts it again.',
      });
    }
    expect((await collect(ask('hello'))).text).toBe('answered');
  });

  it('is listed as not responding, and ends when it is stopped', async () => {
    const { backend, ask, engines } = await open({ childModule: BLOCKING });
    const hung = collect(ask('BLOCK'));
    hung.catch(() => undefined);
    await expect
      .poll(async () => backend.loaded?.(AbortSignal.timeout(500)), { timeout: 10_000 })
      .toMatchObject([{ name: 'mini', responds: false }]);
    await backend.unload?.('mini');
    expect(await engines()).toEqual([]);
    await expect(hung).rejects.toMatchObject({ code: 'overloaded' });
  });
});

describe('an engine of which another thread hangs in native code', () => {
  covers('R12.2-hung');

  it('ends within seconds when it is stopped, without its states', async () => {
    const { backend, ask, engines } = await open({ childModule: BLOCKING });
    const hung = collect(ask('STICK'));
    hung.catch(() => undefined);
    await expect.poll(engines).toHaveLength(1);
    await backend.unload?.('mini');
    expect(await engines()).toEqual([]);
    await expect(hung).rejects.toMatchObject({ code: 'overloaded' });
  }, 30_000);
});

describe('an engine whose process is stopped', () => {
  covers('R12.2-hung');

  it('is ended, and the next request starts another', async () => {
    const { ask, engines } = await open({ childModule: REAL, allowedSilenceSeconds: 3 });
    const broken = (async () => {
      for await (const event of ask('Tell me a story. Count from 1 to 24, one per line.')) {
        if (event.type !== 'text-delta') continue;
        for (const pid of await engines()) process.kill(pid, 'SIGSTOP');
      }
    })();
    await expect(broken).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('sent no sign of life for 3 s'),
    });
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
  });
});

describe('an engine that the system does not end', () => {
  covers('R12.2-hung');

  it('is given up, and the next request starts another', async () => {
    const { backend, ask, engines } = await open({ childModule: REAL });
    const hung = collect(ask('Tell me a story. Count from 1 to 24, one per line.'));
    hung.catch(() => undefined);
    await expect.poll(engines).toHaveLength(1);
    const [pid = 0] = await engines();
    process.kill(pid, 'SIGSTOP');
    // A process in a hung driver or disk survives SIGKILL, too.
    const kill = vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(true);
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    await backend.unload?.('mini');
    expect(await engines()).toEqual([pid]);
    kill.mockRestore();
    await expect(hung).rejects.toMatchObject({ code: 'overloaded' });
    expect((await collect(ask('Count from 1 to 3'))).text).toBe('1, 2, 3');
  }, 30_000);
});

describe('an engine that does not finish its start', () => {
  covers('R12.2-hung');

  it('is listed as not responding, and ends when it is stopped', async () => {
    const { backend, ask, engines } = await open({ childModule: MUTE });
    const hung = collect(ask('hello'));
    hung.catch(() => undefined);
    await expect.poll(engines).toHaveLength(1);
    const loaded = () => backend.loaded?.(AbortSignal.timeout(200));
    expect(await loaded()).toEqual([]);
    onTestFinished(() => void vi.restoreAllMocks());
    const later = performance.now() + 5000;
    vi.spyOn(performance, 'now').mockReturnValue(later);
    expect(await loaded()).toMatchObject([{ name: 'mini', responds: false }]);
    await backend.unload?.('mini');
    expect(await engines()).toEqual([]);
    await expect(hung).rejects.toMatchObject({ code: 'overloaded' });
  });
});

describe('an engine whose process can’t be started', () => {
  covers('R12.2-hung');

  it('fails its request, and the next one starts it', async () => {
    const { ask } = await open({ childModule: BLOCKING });
    const { execPath } = process;
    onTestFinished(() => void (process.execPath = execPath));
    process.execPath = '/nowhere/node';
    await expect(collect(ask('hello'))).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining('its start failed: spawn /nowhere/node ENOENT'),
    });
    process.execPath = execPath;
    expect((await collect(ask('hello'))).text).toBe('answered');
  });
});

describe('a batch that never ends', () => {
  covers('R12.2-hung');

  it('is overdue after a minute, or later if batches take long', () => {
    const scheduler = new Scheduler();
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => clock.mockRestore());
    const leave = scheduler.join();
    const begin = () => scheduler.plan({ items: [{ tokens: [1] }] as never, size: 512 });
    const isOverdueAfter = (milliseconds: number) => {
      begin();
      now += milliseconds;
      return scheduler.isOverdue;
    };
    expect(isOverdueAfter(59_000)).toBe(false);
    expect(isOverdueAfter(61_000)).toBe(false);
    expect(isOverdueAfter(20 * 61_000 + 1000)).toBe(true);
    leave();
    expect(scheduler.isOverdue).toBe(false);
  });
});
