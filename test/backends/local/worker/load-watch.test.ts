import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLocalBackend } from '../../../../src/backends/local/backend.ts';
import { LoadWatch } from '../../../../src/backends/local/worker/load-watch.ts';
import { ENGINE, MINI_FILE } from '../../../support/engine-variant.ts';
import { childrenOf } from '../../../support/processes.ts';
import { collect, MINI, request, said } from '../../../support/requests.ts';
import { covers } from '../../../support/covers.ts';

const SWAPPING = new URL('../../../support/swapping-engine.mjs', import.meta.url);
const GB = 2 ** 30;

describe.skipIf(process.platform === 'win32')('a model file that becomes a named pipe', () => {
  covers('R12.2-hung');

  it.each([
    ['check', 'open'],
    ['load', 'load'],
  ])('after its %s ends its engine, and the next request starts another', async (at, what) => {
    const folder = await mkdtemp(join(tmpdir(), 'portico-load-'));
    const file = join(folder, 'model.gguf');
    await copyFile(MINI_FILE, file);
    const others = await childrenOf(process.pid);
    const backend = createLocalBackend({
      engine: 'isolated',
      ...ENGINE,
      context: undefined,
      queueLimit: 8,
      log: () => undefined,
      childModule: SWAPPING,
      environment: () => ({ ...process.env, SWAPPED_FILE: file, SWAPPED_AT: swappedAt }),
      allowedLoadSeconds: 6,
    });
    onTestFinished(async () => {
      await backend.close();
      await rm(folder, { recursive: true });
    });
    const ask = () =>
      collect(backend.generate(request({ ...MINI, file }, said('Count from 1 to 3')), SOON()));
    let swappedAt = at;
    await expect(ask()).rejects.toMatchObject({
      code: 'engine-crashed',
      message: expect.stringContaining(`did not ${what} its model within`),
    });
    expect((await childrenOf(process.pid)).filter((pid) => !others.includes(pid))).toEqual([]);
    await rename(`${file}.away`, file);
    swappedAt = 'never';
    expect((await ask()).text).toBe('1, 2, 3');
  });
});

const SOON = () => AbortSignal.timeout(50_000);

describe('an engine that is alive', () => {
  afterEach(() => void vi.useRealTimers());

  function begin() {
    vi.useFakeTimers();
    const end = vi.fn<(how: string) => void>();
    const watch = new LoadWatch();
    watch.started(end);
    watch.sent({ type: 'capabilities', call: 1 });
    const live = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);
    return { watch, end, live };
  }

  it('is ended if it does not open its model in five minutes', () => {
    const { end, live } = begin();
    live(300);
    expect(end).not.toHaveBeenCalled();
    live(1);
    expect(end).toHaveBeenCalledWith('did not open its model within 300 s');
  });

  it('may wait for memory and answer as long as it needs', () => {
    const { watch, end, live } = begin();
    watch.heard({ type: 'opened' });
    live(1000);
    watch.sent({ type: 'granted', slots: 1 });
    live(100);
    watch.heard({ type: 'settled', loaded: true });
    live(1000);
    expect(end).not.toHaveBeenCalled();
  });

  it('may load 10 GB from a slow network in half an hour, and no longer', () => {
    const { watch, end, live } = begin();
    watch.heard({ type: 'opened' });
    const sizes = { free: 0, weights: 10 * GB, context: 0, sequence: 0 };
    watch.heard({ type: 'acquire', needs: { ...sizes, place: 'CPU', parallel: 1 } });
    watch.sent({ type: 'granted', slots: 1 });
    live(1800);
    expect(end).not.toHaveBeenCalled();
    live(1000);
    expect(end).toHaveBeenCalledWith('did not load its model within 2348 s');
  });

  it('may open its model anew after a failure', () => {
    const { watch, end, live } = begin();
    live(200);
    const failure = { code: 'model-load-failed', message: 'no' } as const;
    watch.heard({ type: 'failed', call: 1, failure });
    live(1000);
    watch.sent({ type: 'capabilities', call: 2 });
    live(200);
    expect(end).not.toHaveBeenCalled();
  });
});
