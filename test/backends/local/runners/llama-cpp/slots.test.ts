import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalBackend } from '../../../../../src/backends/local/backend.ts';
import type { LocalBackendOptions } from '../../../../../src/backends/local/backend.ts';
import type { LocalSpec } from '../../../../../src/backends/local/spec.ts';
import type { Backend, GenerationRequest } from '../../../../../src/core/backend.ts';
import type { GenerationEvent } from '../../../../../src/core/events.ts';
import { isLlamaServerMissing, LLAMA_SERVER, SERVED } from '../../../../support/llama-server.ts';
import { ENDLESS, ENDLESS_TOKENS } from '../../../../support/messages-api.ts';
import type { Answer } from '../../../../support/requests.ts';
import { collect, MINI, request, said } from '../../../../support/requests.ts';
import { ENGINE } from '../../../../support/engine-variant.ts';
import { covers } from '../../../../support/covers.ts';

const childModule = new URL('../../../../../dist/backends/local/worker/child.js', import.meta.url);
const soon = () => AbortSignal.timeout(60_000);

/** A long text that begins with its topic, so that no two of them share a prefix. */
const essay = (topic: string) => `${topic}: ${`${topic} is calm, the night is long. `.repeat(40)}`;
const usage = (answer: Answer) => {
  if (answer.finish === undefined) throw new Error('The answer has no end.');
  return answer.finish.usage;
};

/** A conversation that is held turn by turn. */
class Talk {
  readonly #backend: Backend;
  readonly #said: string[] = [];
  readonly #topic: string;

  constructor(backend: Backend, topic: string) {
    this.#backend = backend;
    this.#topic = topic;
  }

  async turn(changes: Partial<GenerationRequest> = {}): Promise<Answer> {
    this.#said.push(this.#said.length === 0 ? essay(this.#topic) : 'Count from 1 to 5');
    const asked = request(model, said(...this.#said), { maxTokens: 24, ...changes });
    const answer = await collect(this.#backend.generate(asked, soon()));
    this.#said.push(answer.text);
    return answer;
  }
}

/**
 * Tokens of a turn that the next one can reuse: its prompt and its answer. The token that reaches
 * `max_tokens` is sent but never evaluated, so it is not in the state.
 */
const reusable = (answer: Answer) => {
  const { promptTokens, outputTokens } = usage(answer);
  return promptTokens + outputTokens - (answer.finish?.reason === 'max-tokens' ? 1 : 0);
};

/** Names of what only a running engine uses in the folder of the states. */
const temporaryIn = async (states: string) =>
  (await readdir(states).catch(() => [])).filter((name) => !name.startsWith('model-'));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'portico-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const said1 = (backend: Backend, text: string, changes: Partial<GenerationRequest> = {}) =>
  backend.generate(request(model, said(text), changes), soon());

/** Ways to run the model: llama.cpp in a child process or in this one, and a llama-server if there is one. */
const WAYS = [
  'isolated',
  'in-process',
  ...(isLlamaServerMissing() ? [] : (['llama-server'] as const)),
] as const;
let model: LocalSpec = MINI;

describe.each(WAYS)('slots, %s', (engine) => {
  covers(
    'R6.1-interleaved',
    'R6.2-saved',
    'R6.2-creation',
    'R6.2-fork',
    'R6.2-together',
    'R6.3-flow',
    'R6.3-full-batches',
    'R6.1-abort',
  );

  const logged: string[] = [];
  const open = (changes: Partial<LocalBackendOptions> = {}) =>
    createLocalBackend({
      engine: engine === 'in-process' ? engine : 'isolated',
      llamaServer: LLAMA_SERVER,
      ...ENGINE,
      context: undefined,
      parallel: 2,
      states: { folder: path.join(folder, engine), limitBytes: 100_000_000 },
      queueLimit: 8,
      childModule,
      log: (message, level) => level !== 'info' && logged.push(message),
      ...changes,
    });
  let backend: Backend;
  beforeAll(() => {
    model = engine === 'llama-server' ? SERVED : MINI;
    backend = open();
  });
  afterAll(async () => {
    await backend.close();
    expect(await temporaryIn(path.join(folder, engine))).toEqual([]);
  });

  it('two conversations over two slots keep their prefixes', async () => {
    const talks = [new Talk(backend, 'river'), new Talk(backend, 'mountain')];
    for (const talk of talks) expect(usage(await talk.turn()).cacheReadTokens).toBeLessThan(32);
    const last = await Promise.all(talks.map((talk) => talk.turn()));
    for (const [index, talk] of talks.entries()) {
      const before = last[index];
      if (before === undefined) throw new Error('There is no turn before.');
      expect(usage(await talk.turn()).cacheReadTokens).toBe(reusable(before));
    }
    const [loaded] = (await backend.loaded?.(soon())) ?? [];
    expect(loaded).toMatchObject({ slots: { busy: 0, total: 2 }, waiting: 0 });
  });

  it('a conversation that lost its slot comes back from a file', async () => {
    logged.length = 0;
    const own = path.join(folder, `${engine}-alone`);
    const alone = open({ states: { folder: own, limitBytes: 100_000_000 } });
    const talks = ['river', 'mountain', 'desert', 'harbour'].map((topic) => new Talk(alone, topic));
    const first: Answer[] = [];
    for (const talk of talks) first.push(await talk.turn());
    const names = await readdir(own);
    for (const name of names) {
      expect((await stat(path.join(own, name))).mode & 0o777).toBe(0o700);
    }
    const kept = names.find((name) => name.startsWith('model-')) ?? '';
    const files = await readdir(path.join(own, kept));
    expect(files.filter((file) => file.endsWith('.state'))).toHaveLength(2);
    for (const [index, talk] of talks.entries()) {
      const before = first[index];
      if (before === undefined) throw new Error('There is no turn before.');
      const answer = await talk.turn();
      expect(usage(answer).cacheReadTokens).toBe(reusable(before));
      expect(answer.text).toBe('1, 2, 3, 4, 5');
    }
    expect(logged).toEqual([]);
    await alone.close();
    expect(await temporaryIn(own)).toEqual([]);
  });

  it('counts what it keeps for clients that ask for it, and only for them', async () => {
    const asked = essay('meadow');
    const marked = await collect(said1(backend, asked, { cachesPrompt: true, maxTokens: 4 }));
    const { promptTokens, cacheReadTokens, cacheCreationTokens } = usage(marked);
    expect(cacheReadTokens + cacheCreationTokens).toBe(promptTokens - 1);
    const again = await collect(said1(backend, asked, { cachesPrompt: true, maxTokens: 4 }));
    expect(usage(again)).toMatchObject({
      cacheReadTokens: promptTokens - 1,
      cacheCreationTokens: 0,
    });
    const plain = await collect(said1(backend, essay('forest'), { maxTokens: 4 }));
    expect(usage(plain)).toMatchObject({ cacheCreationTokens: 0 });
  });

  it('a prefix that another slot has is copied, and both go on', async () => {
    const system = [{ kind: 'text', text: essay('rules') }] as const;
    const ask = (text: string) => {
      const conversation = { system, turns: said(text), tools: [] };
      return collect(backend.generate(request(model, [], { conversation }), soon()));
    };
    const first = await ask(essay('summer'));
    const second = await ask(essay('winter'));
    expect(usage(second).cacheReadTokens).toBeGreaterThan(usage(first).promptTokens / 3);
    expect(usage(await ask(essay('summer'))).cacheReadTokens).toBe(usage(first).promptTokens - 1);
    expect(usage(await ask(essay('winter'))).cacheReadTokens).toBe(usage(second).promptTokens - 1);
  });

  it('requests that start together evaluate what they share once', async () => {
    const system = [{ kind: 'text', text: essay('laws').repeat(3) }] as const;
    const ask = (text: string) => {
      const conversation = { system, turns: said(text), tools: [] };
      return collect(backend.generate(request(model, [], { conversation }), soon()));
    };
    await collect(said1(backend, 'Count to 3'));
    const answers = await Promise.all(['Count from 1 to 4', 'Count from 1 to 5'].map(ask));
    expect(answers.map(({ text }) => text)).toEqual(['1, 2, 3, 4', '1, 2, 3, 4, 5']);
    const [one = 0, other = 0] = answers.map((answer) => usage(answer).cacheReadTokens);
    expect(Math.min(one, other)).toBeLessThan(32);
    expect(Math.max(one, other)).toBeGreaterThan(1000);
  });

  it('a stream goes on while another request prefills', async () => {
    await collect(said1(backend, essay('warm')));
    const stream = said1(backend, 'Count from 1 to 24, one per line.');
    const order: string[] = [];
    let prefilling: Promise<void> | undefined;
    const reading = (async () => {
      for await (const { type } of stream) {
        if (type === 'text-delta') order.push('token');
        if (order.length === 8) prefilling ??= prefill();
      }
    })();
    async function prefill(): Promise<void> {
      const asked = said1(backend, essay('lake').repeat(10), { maxTokens: 1 });
      for await (const event of asked) {
        if (event.type === 'progress' && event.phase === 'prefill') order.push('step');
      }
    }
    await reading;
    await prefilling;
    const during = order.slice(order.indexOf('step') + 1, order.lastIndexOf('step'));
    const steps = during.filter((one) => one === 'step').length;
    expect(steps).toBeGreaterThan(3);
    const streaming = during.slice(0, during.lastIndexOf('token') + 1);
    const between = streaming.filter((one) => one === 'step').length;
    expect(streaming.length - between).toBeGreaterThanOrEqual(between - 3);
  });

  it('eight streams at once say what they say alone', async () => {
    const wide = open({ parallel: 8, states: undefined });
    const asked = [3, 4, 5, 6, 7, 8, 9, 10].map((end) => `Count from 1 to ${end}`);
    const alone: string[] = [];
    for (const text of asked) alone.push((await collect(said1(wide, text))).text);
    expect(alone[0]).toBe('1, 2, 3');
    const together = await Promise.all(asked.map((text) => collect(said1(wide, text))));
    expect(together.map(({ text }) => text)).toEqual(alone);
    expect((await wide.loaded?.(soon()))?.[0]).toMatchObject({ slots: { busy: 0, total: 8 } });
    await wide.close();
  });

  it.each(['queued', 'prefill', 'decode'])(
    'a request that is given up while it is in %s frees its place',
    async (phase) => {
      const endless = { outputSchema: ENDLESS.schema, maxTokens: ENDLESS_TOKENS };
      const running = ['one', 'two'].map((topic) => said1(backend, `Sing of ${topic}`, endless));
      if (phase === 'queued') for (const stream of running) await untilText(stream);
      const controller = new AbortController();
      const asked = request(model, said(phase === 'decode' ? 'Count to 24' : essay('lost')));
      const given = (async () => {
        for await (const event of backend.generate(asked, controller.signal)) {
          const at = event.type === 'progress' ? event.phase : 'decode';
          if (event.type !== 'admitted' && at === phase) controller.abort();
        }
      })();
      await expect(given).rejects.toMatchObject({ code: 'cancelled' });
      for (const stream of running) await stream.return(undefined);
      await expect
        .poll(() => backend.loaded?.(soon()), { timeout: 5000 })
        .toMatchObject([{ slots: { busy: 0, total: 2 }, waiting: 0 }]);
      expect((await collect(said1(backend, 'Count from 1 to 3'))).text).toBe('1, 2, 3');
    },
  );
});

async function untilText(stream: AsyncGenerator<GenerationEvent>): Promise<void> {
  for (;;) {
    const { value, done } = (await stream.next()) as IteratorResult<GenerationEvent, undefined>;
    if (done === true || value.type === 'text-delta') return;
  }
}
