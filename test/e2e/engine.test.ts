import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, eventsOf, expectGrammar, streamedText } from '../support/event-stream.ts';
import type { StreamEvent } from '../support/event-stream.ts';
import {
  endless,
  ENDLESS_TOKENS,
  messageOf,
  post,
  request,
  textOf,
} from '../support/messages-api.ts';
import { childrenOf } from '../support/processes.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ args: ['--parallel', '1'] });
});
afterAll(() => server.stop());

const ask = (body: unknown, signal?: AbortSignal) =>
  post(`${server.url}/v1/messages`, body, {}, signal);

/** Starts an answer that does not end, and comes back when its text flows. */
async function startEndless(): Promise<{
  readonly rest: AsyncGenerator<StreamEvent, undefined>;
  readonly abort: () => void;
}> {
  const controller = new AbortController();
  const rest = eventsOf(await ask(endless({ stream: true }), controller.signal));
  for (;;) {
    const { value } = await rest.next();
    if (value === undefined) throw new Error('The answer that does not end has ended.');
    if (value.event === 'content_block_delta') return { rest, abort: () => controller.abort() };
  }
}

/** Milliseconds that a whole answer takes. */
async function msOf(body: object): Promise<number> {
  const started = performance.now();
  await messageOf(await ask(body));
  return performance.now() - started;
}

/** Waits until the server has `count` engine children. */
async function engines(count: number): Promise<number[]> {
  const until = Date.now() + 10_000;
  for (;;) {
    const children = await childrenOf(server.process.pid ?? 0);
    if (children.length === count || Date.now() > until) return children;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the engine of the server', () => {
  covers(
    'R2.7-isolated',
    'R2.7-load-once',
    'R2.0-embedded',
    'R2.7-queue',
    'R2.5-admission',
    'R2.13-disconnect',
    'R2.13-prefill',
    'R2.6-cache-read',
    'R2.6-message-start',
    'R2.7-crash',
    'R2.12-sse-error',
  );

  it('is one child, loaded once', async () => {
    const answers = await Promise.all(
      ['1 to 3', '1 to 4', '1 to 5'].map((range) => ask(request(`Count from ${range}`))),
    );
    const texts = await Promise.all(answers.map(async (answer) => textOf(await messageOf(answer))));
    expect(texts).toEqual(['1, 2, 3', '1, 2, 3, 4', '1, 2, 3, 4, 5']);
    expect(await engines(1)).toHaveLength(1);
  });

  it('lets a second request wait, pinged, and answers it', async () => {
    // Together they last several times as long as a ping takes to come.
    const first = await startEndless();
    const leave = new AbortController();
    for (let more = 0; more < 3; more++) await ask(endless({ stream: true }), leave.signal);
    const waiting = eventsOf(await ask(request('Count from 1 to 3', { stream: true })));
    const seen: StreamEvent[] = [];
    const names = () => seen.map(({ event }) => event);
    while (!names().includes('ping')) {
      const { value } = await waiting.next();
      if (value === undefined) break;
      seen.push(value);
    }
    expect(names()[0]).toBe('message_start');
    expect(names()).toContain('ping');
    expect(names()).not.toContain('content_block_delta');
    leave.abort();
    first.abort();
    for await (const event of waiting) seen.push(event);
    expectGrammar(seen);
    expect(streamedText(seen)).toBe('1, 2, 3');
  });

  it('is free at once when a client leaves', async () => {
    const started = performance.now();
    const { rest, abort } = await startEndless();
    for (let read = 1; read < 100; read++) await rest.next();
    const ofHundred = performance.now() - started;
    abort();
    const took = await msOf(request('Count from 1 to 3'));
    expect(took).toBeLessThan((ofHundred * ENDLESS_TOKENS) / 100 / 4);
  });

  it('is free at once when a client leaves during prefill', async () => {
    const words = (letter: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${letter}${index}`).join(' ');
    const ofTenth = await msOf(request(words('v', 140), { max_tokens: 1 }));
    const controller = new AbortController();
    const response = await ask(request(words('w', 1400), { stream: true }), controller.signal);
    const first = await eventsOf(response).next();
    expect(first.value).toMatchObject({ event: 'message_start' });
    controller.abort();
    const took = await msOf(request('Count from 1 to 3'));
    expect(took).toBeLessThan(5 * ofTenth);
  });

  it('reports the prefix that it did not evaluate again', async () => {
    const story = `${'The stream is calm, the night is long. '.repeat(20)}Who are you?`;
    await messageOf(await ask(request(story)));
    const events = await allEventsOf(await ask(request(story, { stream: true })));
    expectGrammar(events);
    const start = JSON.parse(JSON.stringify(events[0]?.data)) as {
      message: { usage: Record<string, number> };
    };
    const { usage } = events.at(-2)?.data ?? {};
    const cached = start.message.usage['cache_read_input_tokens'] ?? 0;
    expect(cached).toBeGreaterThan(100);
    expect(start.message.usage).toMatchObject({ input_tokens: 1 });
    expect(usage).toMatchObject({ input_tokens: 1, cache_read_input_tokens: cached });
  });

  it('fails one request when it is killed, and loads again', async () => {
    const { rest } = await startEndless();
    const [engine] = await engines(1);
    process.kill(engine ?? 0, 'SIGKILL');
    const events: StreamEvent[] = [];
    for await (const event of rest) events.push(event);
    const last = events.at(-1);
    expect(last?.event).toBe('error');
    expect(last?.data.error).toMatchObject({ type: 'api_error' });
    expect(last?.data.error?.message).not.toMatch(/\n\s+at /);
    expect(last?.data.request_id).toMatch(/^req_/);
    expect(textOf(await messageOf(await ask(request('Count from 1 to 3'))))).toBe('1, 2, 3');
    const [next, ...others] = await engines(1);
    expect(others).toEqual([]);
    expect(next).not.toBe(engine);
  });

  it('answers what waited while it was killed', async () => {
    const { rest } = await startEndless();
    const waiting = ask(request('Count from 1 to 4', { stream: true }));
    await waiting;
    const [engine] = await engines(1);
    process.kill(engine ?? 0, 'SIGKILL');
    for await (const { event } of rest) expect(event).not.toBe('message_stop');
    expect(streamedText(await allEventsOf(await waiting))).toBe('1, 2, 3, 4');
  });
});
