import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ANSWER, event, startActing } from '../backends/openai/acting-server.ts';
import type { Act } from '../backends/openai/acting-server.ts';
import { allEventsOf, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const says = (text: string): Act => ({ events: [event({ content: text }), event({}, 'stop')] });

const BREAKS_OFF: Act = { events: [event({ content: 'Half of ' })], breaksOff: true };

/** Starts `portico serve` with a model `big` on the servers at these URLs. */
async function startPortico(...urls: readonly string[]): Promise<RunningServer> {
  const providers = urls.map((url) => `      - url: ${url}/v1\n`).join('');
  const server = await startServer({
    registry: `models:\n  big:\n    backend: openai\n    providers:\n${providers}`,
  });
  onTestFinished(async () => void (await server.stop()));
  return server;
}

const ask = ({ url }: RunningServer, user: string, more: object = {}) =>
  post(`${url}/v1/messages`, request('Hi', { model: 'big', metadata: { user_id: user }, ...more }));

const answerOf = async (server: RunningServer, user: string) =>
  textOf(await messageOf(await ask(server, user)));

describe('a model on two servers', () => {
  covers('R4.3-failover', 'R4.3-affinity', 'R4.3-log', 'R4.3-begun', 'R4.3-away');

  it('is answered by the other when one dies', async () => {
    const one = await startActing(() => says('one'));
    const two = await startActing(() => says('two'));
    const server = await startPortico(one.url, two.url);
    const users = Array.from({ length: 24 }, (_, number) => `user-${number}`);
    const before = await Promise.all(users.map((user) => answerOf(server, user)));
    expect(new Set(before)).toEqual(new Set(['one', 'two']));
    expect(await Promise.all(users.map((user) => answerOf(server, user)))).toEqual(before);

    await one.close();
    for (const user of users) expect(await answerOf(server, user)).toBe('two');
    const log = () => server.stdout() + server.stderr();
    expect(log().match(/is away for big/g)).toHaveLength(1);

    await startActing(() => says('one'), undefined, one.port);
    await vi.waitFor(
      async () =>
        expect(await Promise.all(users.map((user) => answerOf(server, user)))).toEqual(before),
      { timeout: 15_000, interval: 200 },
    );
    expect(log().match(/is away for big/g)).toHaveLength(1);
    expect(log().match(/is back for big/g)).toHaveLength(1);
  });

  it('reports an answer that broke off as an error', async () => {
    const one = await startActing(() => BREAKS_OFF);
    const two = await startActing(() => BREAKS_OFF);
    const server = await startPortico(one.url, two.url);
    const events = await allEventsOf(await ask(server, 'me', { stream: true }));
    expect(streamedText(events)).toBe('Half of ');
    expect(events.filter((frame) => frame.event === 'message_start')).toHaveLength(1);
    expect(events.at(-1)?.event).toBe('error');
    expect(one.seen.length + two.seen.length).toBe(1);
  });

  it('is 529 with retry-after when both are away, and names them', async () => {
    const one = await startActing(() => ANSWER);
    const two = await startActing(() => ANSWER);
    const server = await startPortico(one.url, two.url);
    await Promise.all([one.close(), two.close()]);
    const response = await ask(server, 'me');
    expect(response.status).toBe(529);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const { error } = await errorOf(response);
    expect(error.type).toBe('overloaded_error');
    expect(error.message).toContain(
      `none of the servers of big answers (${one.url}/v1, ${two.url}/v1)`,
    );
  });
});
