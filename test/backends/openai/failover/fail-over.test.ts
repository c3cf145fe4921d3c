import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Backend, GenerationRequest } from '../../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../../src/core/events.ts';
import type { OpenAiSpec, Provider } from '../../../../src/backends/openai/spec.ts';
import { collect, request, said } from '../../../support/requests.ts';
import { serve } from '../../../support/upstream/replay.ts';
import { ANSWER, event, startActing } from '../acting-server.ts';
import type { Act, ActingServer } from '../acting-server.ts';
import { openBackend } from '../peers.ts';
import { covers } from '../../../support/covers.ts';

const signal = AbortSignal.timeout(60_000);

const DIES: Act = { events: [], breaksOff: true };
const DIES_LATE: Act = { events: [event({ content: 'Half' })], breaksOff: true };
const refuses = (status: number, retryAfter?: string): Act => ({
  status,
  error: { message: 'not today' },
  ...(retryAfter !== undefined && { retryAfter }),
});

const says = (text: string): Act => ({ events: [event({ content: text }), event({}, 'stop')] });

const NO_SERVER = 'http://127.0.0.1:9';

function open(logged: string[] = []): Backend {
  const backend = openBackend({ K: 'key' }, (message) => void logged.push(message));
  onTestFinished(() => backend.close());
  return backend;
}

function upstreamsAt(...providers: readonly Provider[]): OpenAiSpec {
  return { name: 'big', backend: 'openai', upstream: 'mini', server: 'other', providers };
}

function ask(backend: Backend, model: OpenAiSpec, changes: Partial<GenerationRequest> = {}) {
  const session = { session: 'mine' };
  return collect(backend.generate(request(model, said('Hi'), { session, ...changes }), signal));
}

const WEIGHT = 1e12;

/** A model whose first server is asked first, by every session. */
const inTurn = (...urls: readonly string[]): OpenAiSpec =>
  upstreamsAt(...urls.map((url, place) => ({ url, weight: WEIGHT / 1e6 ** place })));

const types = (events: readonly GenerationEvent[]) => events.map(({ type }) => type);

describe('a request', () => {
  covers('R4.3-failover', 'R4.3-entry');

  it.each<[string, Act]>([
    ['dies before its first byte', DIES],
    ['answers 500', refuses(500)],
    ['answers 503', refuses(503)],
    ['answers 429', refuses(429, '1')],
    ['answers 404', refuses(404)],
    ['refuses its key', refuses(401)],
  ])('is answered by the next server if one %s', async (_name, act) => {
    const bad = await startActing(() => act);
    const good = await startActing(() => ANSWER);
    const { text, events } = await ask(open(), inTurn(bad.url, good.url));
    expect(text).toBe('One');
    expect(types(events)).toEqual(['admitted', 'text-delta', 'finish']);
    expect([bad.seen.length, good.seen.length]).toEqual([1, 1]);
  });

  it('is answered by the third if the first is away and the second hangs', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const good = await startActing(() => ANSWER);
    const model = { ...inTurn(NO_SERVER, url, good.url), server: 'vllm' } as const;
    const { text, events } = await ask(open(), model);
    expect(text).toBe('One');
    expect(types(events)).toEqual(['admitted', 'text-delta', 'finish']);
  }, 30_000);

  it('reaches each server by its own name, key and headers', async () => {
    const one = await startActing(() => refuses(500));
    const two = await startActing(() => ANSWER);
    const shared = { ...upstreamsAt(), headers: { 'x-team': 'us' } };
    await ask(open(), {
      ...shared,
      providers: [
        { url: one.url, weight: WEIGHT },
        { url: two.url, upstream: 'theirs', key: 'K', headers: { 'x-room': '2' } },
      ],
    });
    expect(one.seen[0]?.body).toMatchObject({ model: 'mini' });
    expect(one.seen[0]?.headers).toMatchObject({ 'x-team': 'us' });
    expect(one.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(two.seen[0]?.body).toMatchObject({ model: 'theirs' });
    expect(two.seen[0]?.headers).toMatchObject({
      'x-team': 'us',
      'x-room': '2',
      authorization: 'Bearer key',
    });
  });

  it('gets its count and its model’s capabilities from the next server too', async () => {
    const models = [{ id: 'mini', owned_by: 'acme', max_model_len: 4096 }];
    const good = await startActing(() => ANSWER, models);
    const model = { ...inTurn(NO_SERVER, good.url), server: 'sglang' } as const;
    const backend = open();
    expect(await backend.capabilities(model, signal)).toMatchObject({ contextTokens: 4096 });
    expect(await backend.countTokens(request(model, said('Hi')), signal)).toBeGreaterThan(0);
  });
});

describe('a cancelled request', () => {
  covers('R4.3-failover');

  it('is sent nowhere else', async () => {
    const leaving = new AbortController();
    const silent = await serve(() => leaving.abort());
    onTestFinished(silent.close);
    const good = await startActing(() => ANSWER);
    const asked = request(inTurn(silent.url, good.url), said('Hi'), { session: { session: 'me' } });
    const reading = collect(open().generate(asked, leaving.signal));
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    expect(good.seen).toEqual([]);
  });
});

describe('an answer that breaks off', () => {
  covers('R4.3-begun');

  it('fails, and is not restarted elsewhere', async () => {
    const bad = await startActing(() => DIES_LATE);
    const good = await startActing(() => ANSWER);
    const events: GenerationEvent[] = [];
    const reading = (async () => {
      const asked = request(inTurn(bad.url, good.url), said('Hi'));
      for await (const one of open().generate(asked, signal)) events.push(one);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'backend-failed' });
    expect(types(events)).toEqual(['admitted', 'text-delta']);
    expect(good.seen).toEqual([]);
  });
});

describe('a request that is wrong', () => {
  covers('R4.3-client-fault');

  it.each([
    [400, 'invalid-request'],
    [413, 'request-too-large'],
    [422, 'invalid-request'],
  ])('is sent nowhere else, and no server counts as away, on %i', async (status, code) => {
    const one = await startActing(() => refuses(status));
    const two = await startActing(() => ANSWER);
    const backend = open();
    for (let time = 0; time < 4; time++) {
      await expect(ask(backend, inTurn(one.url, two.url))).rejects.toMatchObject({ code });
    }
    expect([one.seen.length, two.seen.length]).toEqual([4, 0]);
  });
});

describe('sessions', () => {
  covers('R4.3-affinity', 'R4.3-weights');

  const three = () => Promise.all([1, 2, 3].map(() => startActing(() => ANSWER)));
  const askers = Array.from({ length: 60 }, (_, number) => `s${number}`);

  it.each(['session', 'user'] as const)('keep their server, by their %s', async (field) => {
    const servers = await three();
    const backend = open();
    const model = upstreamsAt(...servers.map(({ url }) => ({ url })));
    for (const name of askers.slice(0, 8)) {
      const before = servers.map(({ seen }) => seen.length);
      for (let time = 0; time < 3; time++)
        await ask(backend, model, { session: { [field]: name } });
      const asked = servers.map(({ seen }, index) => seen.length - (before[index] ?? 0));
      expect(asked.toSorted((a, b) => a - b)).toEqual([0, 0, 3]);
    }
  });

  it('are spread over the servers', async () => {
    const servers = await three();
    const backend = open();
    const model = upstreamsAt(...servers.map(({ url }) => ({ url })));
    for (const session of askers) await ask(backend, model, { session: { session } });
    for (const { seen } of servers) expect(seen.length).toBeGreaterThan(2);
  });
});

const away = /^http:\S+ is away for big/;
const back = /^http:\S+ is back for big$/;

describe('a server that fails again and again', () => {
  covers('R4.3-circuit', 'R4.3-log', 'R4.3-health');

  const start = async (act: () => Act) => {
    const bad = await startActing(act);
    const good = await startActing(() => says('good'));
    const logged: string[] = [];
    return { bad, good, logged, backend: open(logged), model: inTurn(bad.url, good.url) };
  };

  const until = (condition: () => boolean) =>
    vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 20 });

  it('is skipped, checked, tried, and then used as before', async () => {
    let act = refuses(500);
    const { bad, logged, backend, model } = await start(() => act);
    for (let time = 0; time < 6; time++) expect((await ask(backend, model)).text).toBe('good');
    expect(bad.seen).toHaveLength(3);
    expect(bad.asked).toEqual([]);
    expect(logged).toEqual([expect.stringMatching(away)]);
    expect(logged[0]).toContain('not today');

    act = says('bad is good');
    // It answers again, but it is skipped until a health check has noticed.
    expect((await ask(backend, model)).text).toBe('good');
    await until(() => bad.asked.includes('/v1/models'));
    await expect.poll(async () => (await ask(backend, model)).text).toBe('bad is good');
    expect((await ask(backend, model)).text).toBe('bad is good');
    expect(logged).toEqual([expect.stringMatching(away), expect.stringMatching(back)]);
  });

  it('is checked until the backend closes, and never while it answers', async () => {
    const { bad, good, backend, model } = await start(() => refuses(500));
    for (let time = 0; time < 3; time++) await ask(backend, model);
    await bad.close();
    const again = await startActing(() => ANSWER, [], bad.port);
    await backend.close();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(again.asked).toEqual([]);
    expect(good.asked).toEqual([]);
  });

  it('is tried by one request at a time', async () => {
    let answer: (() => void) | undefined;
    const { bad, backend, model } = await start(() => refuses(500));
    for (let time = 0; time < 3; time++) await ask(backend, model);
    await until(() => bad.asked.includes('/v1/models'));
    // The look is over when its answer has arrived, not when it was asked for.
    await delay(200);
    await bad.close();
    let tries = 0;
    const slow = await serve((_incoming, response) => {
      tries++;
      answer = () => response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
    }, bad.port);
    onTestFinished(slow.close);
    const first = ask(backend, model);
    await until(() => tries === 1);
    const others = await Promise.all([1, 2, 3].map(() => ask(backend, model)));
    expect(others.map(({ text }) => text)).toEqual(['good', 'good', 'good']);
    expect(tries).toBe(1);
    answer?.();
    expect((await first).text).toBe('good');
  });

  it('is skipped at once, for its retry-after, if it limits its clients', async () => {
    let act = refuses(429, '2');
    const { bad, backend, model } = await start(() => act);
    const from = performance.now();
    await ask(backend, model);
    act = says('again');
    await ask(backend, model);
    expect(bad.seen).toHaveLength(1);
    await vi.waitFor(async () => expect((await ask(backend, model)).text).toBe('again'), {
      timeout: 10_000,
    });
    expect(performance.now() - from).toBeGreaterThan(1_900);
  });
});

describe('servers that are all away', () => {
  covers('R4.3-away');

  const failureOf = (backend: Backend, model: OpenAiSpec) =>
    ask(backend, model).then(
      () => undefined,
      (failure: unknown) => failure,
    );

  it('are named, with a retry-after, however long they have been away', async () => {
    const bad = await startActing(() => refuses(500));
    const model = inTurn(NO_SERVER, bad.url);
    const backend = open();
    for (let time = 0; time < 5; time++) {
      const failure = await failureOf(backend, model);
      expect(failure).toMatchObject({ code: 'backend-unavailable' });
      expect(failure).toHaveProperty('retryAfterSeconds', time < 2 ? 5 : 1);
      expect(String(failure)).toContain(
        `none of the servers of big answers (${NO_SERVER}, ${bad.url})`,
      );
    }
    expect(bad.seen).toHaveLength(3);
  });

  it('answer again as soon as one is back', async () => {
    const bad: ActingServer = await startActing(() => DIES);
    const model = inTurn(bad.url, NO_SERVER);
    const backend = open();
    for (let time = 0; time < 3; time++) await failureOf(backend, model);
    await bad.close();
    await startActing(() => ANSWER, undefined, bad.port);
    await vi.waitFor(async () => expect((await ask(backend, model)).text).toBe('One'), {
      timeout: 10_000,
      interval: 100,
    });
  });

  it('do not hide that none of them has the model', async () => {
    const one = await startActing(() => refuses(404));
    const two = await startActing(() => refuses(404));
    const failure = await failureOf(open(), inTurn(one.url, two.url));
    expect(failure).toMatchObject({ code: 'model-not-found' });
  });
});
