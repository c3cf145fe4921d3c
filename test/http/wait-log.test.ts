import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { RuntimeFailure } from '../../src/core/failure.ts';
import type { GenerationEvent } from '../../src/core/events.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { covers } from '../support/covers.ts';

const FINISH: GenerationEvent = {
  type: 'finish',
  reason: 'end-turn',
  stopSequence: null,
  usage: {
    promptTokens: 100,
    cacheReadTokens: 0,
    cacheCreationTokens: 0,
    outputTokens: 2,
    thinkingTokens: 0,
  },
};

let server: ScriptedServer;
afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

const linesOf = ({ logged }: ScriptedServer): string[] =>
  logged
    .map((line) => (JSON.parse(line) as { msg: string }).msg)
    .filter((line) => !line.startsWith('POST'));

const loading = (done: number) => ({ type: 'progress', phase: 'loading', done, total: 1 }) as const;

describe('the log of a server', () => {
  covers('R5.4-log');

  it('reports a long prefill, without words of its prompt', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    server = await serveScript({
      async *script() {
        yield { type: 'progress', phase: 'prefill', done: 0, total: 100 };
        vi.advanceTimersByTime(5100);
        yield { type: 'progress', phase: 'prefill', done: 50, total: 100 };
        yield { type: 'text-delta', text: 'An answer.' };
        yield FINISH;
      },
    });
    const messages = [{ role: 'user', content: 'a very secret prompt' }];
    await (await server.ask({ messages })).text();
    expect(linesOf(server)).toEqual([
      expect.stringMatching(/^actor: prefill 50 of 100 tokens, 10 tokens\/s, 5\.\d s left$/),
      expect.stringMatching(
        /^actor: prefill of 100 tokens took 5\.\d s, \d+ tokens\/s; 0 were cached$/,
      ),
    ]);
    expect(server.logged.join('')).not.toMatch(/secret|An answer/);
    expect(server.logged[0]).toMatch(/"id":"req_/);
  });

  it('reports once a model that many requests wait for, with its size', async () => {
    const weights = new AbortController();
    const { signal } = weights;
    server = await serveScript({
      async *script() {
        yield loading(0);
        if (!signal.aborted) await once(signal, 'abort');
        yield { ...loading(1), sizeBytes: 3_000_000 };
        yield FINISH;
      },
    });
    const asked = Array.from({ length: 4 }, () => server.ask({ stream: true }));
    const answers = await Promise.all(asked);
    expect(linesOf(server)).toEqual(['actor is being loaded']);
    weights.abort();
    for (const answer of answers) await answer.text();
    expect(linesOf(server)).toEqual([
      'actor is being loaded',
      expect.stringMatching(/^actor was loaded in \d\.\d s: 3 MB, [\d.]+ [kMG]B\/s$/),
    ]);
  });

  it('reports the next attempt if a model failed to load', async () => {
    server = await serveScript({
      async *script() {
        yield loading(0);
        throw new RuntimeFailure('model-load-failed', 'There is no room for it.');
      },
    });
    for (const stream of [true, false]) await (await server.ask({ stream })).text();
    expect(linesOf(server)).toEqual(['actor is being loaded', 'actor is being loaded']);
  });
});
