import { expect, it } from 'vitest';
import { LocalEngine } from '../../../src/backends/local/engine.ts';
import type { LocalEngineOptions } from '../../../src/backends/local/engine.ts';
import type { Runner } from '../../../src/backends/local/runner.ts';
import { collect, MINI, request, said } from '../../support/requests.ts';

/** Runner with one slot, whose restoring of states takes until `end` is called. */
function slowRunner() {
  let isTaken = false;
  const take = (): void => {
    if (isTaken) throw new Error('No slot is idle.');
    isTaken = true;
  };
  let end = (): void => undefined;
  const restored = new Promise<void>((resolve) => (end = resolve));
  let begin = (): void => undefined;
  const restoring = new Promise<void>((resolve) => (begin = resolve));
  const loaded = {
    device: 'CPU',
    sizeBytes: 1,
    threads: 1,
    slots: 1,
    take() {
      take();
      return {
        reuse: async () => 0,
        async *prefill() {},
        release: async () => void (isTaken = false),
      };
    },
    async restore() {
      take();
      begin();
      await restored;
      isTaken = false;
    },
  };
  const runner = {
    head: { trainedContext: 100 },
    write: async () => ({ rendered: {}, prompt: [1, 2], forced: undefined }),
    count: async () => 2,
    load: async () => loaded,
  };
  return { runner: runner as unknown as Runner<readonly number[], unknown>, restoring, end };
}

it('lets a request wait for the slot into which states are restored', async () => {
  const { runner, restoring, end } = slowRunner();
  const engine = new LocalEngine(runner, {
    spec: MINI,
    settings: { queueLimit: 4 },
    log: () => undefined,
    lease: { settle: () => undefined },
  } as unknown as LocalEngineOptions);
  const ask = () =>
    collect(
      engine.generate(request(MINI, said('.'), { maxTokens: 0 }), AbortSignal.timeout(10_000)),
    );
  const first = ask();
  await restoring;
  const second = ask();
  setTimeout(end, 50);
  expect((await first).finish?.reason).toBeDefined();
  expect((await second).finish?.reason).toBeDefined();
});
