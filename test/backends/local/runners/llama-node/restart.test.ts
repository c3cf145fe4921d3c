import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import type { Turn } from '../../../../../src/core/conversation.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { collect, request, said } from '../../../../support/requests.ts';
import { newEngines, isAddonMissing, openVision, SEEING } from './seeing.ts';
import { PICTURES, text, user } from './sights.ts';
import { covers } from '../../../../support/covers.ts';

const STORY: readonly Turn[] = [
  user(PICTURES.red, text('SECRET: Tell me a story. Count from 1 to 24, one per line.')),
];

/** A backend whose model is in memory, and a way to reach its engine. */
async function opened(options: Partial<LocalBackendOptions> = {}) {
  const engines = await newEngines();
  const { backend, close } = openVision(options);
  onTestFinished(close);
  const ask = (turns = STORY) =>
    backend.generate(request(SEEING, turns), AbortSignal.timeout(120_000));
  await collect(ask(said('Count from 1 to 3')));
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    for (const engine of await engines()) process.kill(engine, name);
  };
  return { backend, ask, engines, signal };
}

/** Reads until an event of this kind, then does something to the engine, and reads on. */
async function disturbed(
  events: AsyncIterable<GenerationEvent>,
  at: (event: GenerationEvent) => boolean,
  disturb: () => Promise<void>,
): Promise<unknown> {
  let done = false;
  try {
    for await (const event of events) {
      if (done || !at(event)) continue;
      done = true;
      await disturb();
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

const isText = ({ type }: GenerationEvent): boolean => type === 'text-delta';

describe.skipIf(isAddonMissing())('an engine that dies', () => {
  covers('R7.2-restart');

  it('fails only its own request: a waiting one is answered by the next engine', async () => {
    const { ask, signal } = await opened();
    const failed = disturbed(ask(), isText, () => signal('SIGKILL'));
    const waited = collect(ask(said('Count from 1 to 4')));
    expect(await failed).toMatchObject({ code: 'engine-crashed' });
    expect((await waited).text).toBe('1, 2, 3, 4');
  });

  it('before its answer fails with a hint to retry, without words of the prompt', async () => {
    const { ask, engines } = await opened();
    const [engine = 0] = await engines();
    process.kill(engine, 'SIGSTOP');
    const asked = collect(ask());
    await wait(300);
    process.kill(engine, 'SIGKILL');
    const failure: unknown = await asked.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    expect(String(failure)).not.toContain('SECRET');
    expect((await collect(ask(said('Count from 1 to 3')))).text).toBe('1, 2, 3');
  });
});

describe.skipIf(isAddonMissing())('an engine that hangs', () => {
  covers('R7.2-wedged');

  it('is ended, and the next request starts another one', async () => {
    const { ask, engines, signal } = await opened({
      allowedSilence: (waiting) => (waiting.for === 'token' ? 2000 : 120_000),
    });
    const [before] = await engines();
    const failure = await disturbed(ask(), isText, () => signal('SIGSTOP'));
    expect(failure).toMatchObject({ code: 'engine-crashed' });
    expect((await collect(ask(said('Count from 1 to 3')))).text).toBe('1, 2, 3');
    const [after] = await engines();
    expect(after).not.toBe(before);
  });
});

describe.skipIf(isAddonMissing())('a model in memory', () => {
  covers('R7.1-loaded');

  it('is listed, can be unloaded, and ends after its keep-alive', async () => {
    const { backend, ask, engines } = await opened({ keepAlive: 300 });
    const signal = AbortSignal.timeout(10_000);
    const [loaded] = (await backend.loaded?.(signal)) ?? [];
    expect(loaded).toMatchObject({ name: SEEING.name, device: 'CPU', slots: { total: 1 } });
    expect(loaded?.sizeBytes).toBeGreaterThan(1e6);
    await backend.unload?.(SEEING.name);
    expect(await engines()).toEqual([]);
    await collect(ask(said('Count from 1 to 3')));
    await expect.poll(engines, { timeout: 20_000 }).toEqual([]);
  });
});
