import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import type { Backend } from '../../../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import type { ModelSpec } from '../../../../../src/core/model.ts';
import { childrenOf } from '../../../../support/processes.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const soon = () => AbortSignal.timeout(40_000);
/** A child's start takes seconds on a busy machine. */
const PATIENT = { timeout: 30_000 };
const SHORT = 'Count from 1 to 3';

/** Room for one context of the embedded model (28 MB), but not for two. */
const FOR_ONE = 40e6;

interface Opened {
  readonly backend: Backend;
  readonly lines: readonly string[];
  /** The processes of its engines. */
  readonly engines: () => Promise<readonly number[]>;
}

async function open(options: Partial<LocalBackendOptions> = {}): Promise<Opened> {
  const others = new Set(await childrenOf(process.pid));
  const lines: string[] = [];
  const backend = createLocalBackend({
    engine: 'isolated',
    ...ENGINE,
    context: undefined,
    parallel: 1,
    queueLimit: 8,
    childModule,
    log: (message) => lines.push(message),
    ...options,
  });
  const engines = async () => (await childrenOf(process.pid)).filter((pid) => !others.has(pid));
  return { backend, lines, engines };
}

async function openForTest(options: Partial<LocalBackendOptions>): Promise<Opened> {
  const opened = await open(options);
  onTestFinished(() => opened.backend.close());
  return opened;
}

/** The embedded model by another name. */
function named(name: string, changes: Partial<ModelSpec> = {}): ModelSpec {
  return { ...MINI, name, ...changes };
}

function ask({ backend }: Opened, model: ModelSpec) {
  return backend.generate(request(model, said(SHORT)), soon());
}

async function namesOf({ backend }: Opened): Promise<readonly string[]> {
  return (await backend.loaded?.(soon()))?.map(({ name }) => name) ?? [];
}

describe('an unused model', () => {
  covers('R6.4-keep-alive', 'R6.4-freed');

  it('ends its process after its keep-alive, which every request restarts', async () => {
    const opened = await openForTest({ keepAlive: 60_000 });
    const kept = named('kept', { keepAliveMs: 1500 });
    await collect(ask(opened, kept));
    const [first] = (await opened.backend.loaded?.(soon())) ?? [];
    expect(first?.unloadsInMs).toBeLessThanOrEqual(1500);
    const [pid] = await opened.engines();
    expect((await collect(ask(opened, kept))).finish?.usage.cacheReadTokens).toBeGreaterThan(0);
    expect(await opened.engines()).toEqual([pid]);
    await expect.poll(opened.engines, PATIENT).toEqual([]);
    expect(await namesOf(opened)).toEqual([]);
    expect((await collect(ask(opened, kept))).text).toBe('1, 2, 3');
  });

  it('ends at once if its keep-alive is 0, but not between a count and its answer', async () => {
    const opened = await openForTest({ keepAlive: 0 });
    await opened.backend.countTokens(request(MINI, said(SHORT)), soon());
    const [pid] = await opened.engines();
    const asked = ask(opened, MINI);
    await asked.next();
    expect(await opened.engines()).toEqual([pid]);
    await collect(asked);
    await expect.poll(opened.engines, PATIENT).toEqual([]);
  });

  it('stays loaded if its keep-alive is infinite; once stopped, it leaves no process and no memory', async () => {
    const opened = await openForTest({ keepAlive: 'always' });
    await collect(ask(opened, MINI));
    const [loaded] = (await opened.backend.loaded?.(soon())) ?? [];
    expect(loaded).toMatchObject({ name: 'mini', unloadsInMs: null });
    const before = process.memoryUsage.rss();
    for (let round = 0; round < 2; round++) {
      await collect(ask(opened, MINI));
      expect(await opened.engines()).toHaveLength(1);
      await opened.backend.unload?.('mini');
      expect(await opened.engines()).toEqual([]);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
  });
});

describe('models that do not fit together', () => {
  covers('R6.4-eviction', 'R6.4-swap', 'R6.4-progress');

  let opened: Opened;
  beforeAll(async () => {
    opened = await open({ memoryBytes: FOR_ONE });
  });
  afterAll(() => opened.backend.close());

  /**
   * The model that the test before has left in memory, kept busy until its answer is read, and one for which
   * there is no room. The log is that of the test.
   */
  async function hold() {
    const [loaded = ''] = await namesOf(opened);
    const before = opened.lines.length;
    const held = ask(opened, named(loaded));
    await held.next();
    const log = () => opened.lines.slice(before);
    return { held, loaded, other: loaded === 'a' ? 'b' : 'a', log };
  }

  it('take turns: the unused one ends before the other is loaded', async () => {
    await collect(ask(opened, named('a')));
    const [pid] = await opened.engines();
    expect((await collect(ask(opened, named('b')))).text).toBe('1, 2, 3');
    expect(await opened.engines()).toHaveLength(1);
    expect(await opened.engines()).not.toContain(pid);
    expect(await namesOf(opened)).toEqual(['b']);
    expect(opened.lines).toContain('a is unloaded for b now');
  });

  it('serve all that wait before they swap, in the order in which they came', async () => {
    const ended: string[] = [];
    const follow = async (name: string) => {
      await collect(ask(opened, named(name)));
      ended.push(name);
    };
    const { held, loaded, other, log } = await hold();
    const waiting = [follow(other), follow(other)];
    const swap = `${loaded} is unloaded for ${other} after`;
    await expect.poll(() => log().join(), PATIENT).toContain(swap);
    const late = follow(loaded);
    waiting.push(follow(other));
    await collect(held);
    await Promise.all([...waiting, late]);
    expect(ended).toEqual([other, other, other, loaded]);
    // Two swaps, for five requests.
    expect(log().filter((line) => line.includes('is unloaded for'))).toHaveLength(2);
  });

  it('report the wait to waiting requests, and other endpoints answer meanwhile', async () => {
    const { held, loaded, other } = await hold();
    const waiting = [ask(opened, named(other)), ask(opened, named(other))];
    const events: GenerationEvent[][] = [[], []];
    const reading = waiting.map(async (stream, index) => {
      for await (const event of stream) events[index]?.push(event);
    });
    const waits = (list: readonly GenerationEvent[] = []) =>
      list.filter((event) => event.type === 'progress' && event.phase === 'queued').length;
    await expect.poll(() => Math.min(...events.map(waits)), PATIENT).toBeGreaterThan(2);
    const count = await opened.backend.countTokens(request(named(other), said(SHORT)), soon());
    expect(count).toBeGreaterThan(5);
    expect(await namesOf(opened)).toEqual([loaded]);
    await held.return(undefined);
    await Promise.all(reading);
    expect(events.map((list) => list.at(-1)?.type)).toEqual(['finish', 'finish']);
  });

  it('do not load one whose waiting requests were cancelled, until the next request', async () => {
    const { held, loaded, other, log } = await hold();
    const left = new AbortController();
    const { backend } = opened;
    const given = collect(backend.generate(request(named(other), said(SHORT)), left.signal));
    await expect.poll(() => log().join(), PATIENT).toContain(`${loaded} is unloaded for ${other}`);
    left.abort();
    await expect(given).rejects.toMatchObject({ code: 'cancelled' });
    expect((await collect(held)).finish?.reason).toBe('end-turn');
    await expect.poll(() => namesOf(opened), PATIENT).toEqual([]);
    expect((await collect(ask(opened, named(other)))).text).toBe('1, 2, 3');
  });
});
