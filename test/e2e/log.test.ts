import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf } from '../support/event-stream.ts';
import { messageOf, post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

const SECRET = 'xylophone-4711';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Lines of its waits name a request too, but only the last one has a status. */
const isLineOf = (line: string, id: string) => line.includes(id) && line.includes('"status"');

/** The log line of a request, once it is written. */
async function lineOf(id: string): Promise<Record<string, unknown>> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const line = `${server.stdout()}\n${server.stderr()}`
      .split('\n')
      .find((each) => isLineOf(each, id));
    if (line !== undefined) return JSON.parse(line) as Record<string, unknown>;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`No log line names ${id}:\n${server.stdout()}${server.stderr()}`);
}

describe('the log at info', () => {
  covers('R2.14-line', 'R2.14-prompts');

  it.each([false, true])('has one line a request (stream: %s)', async (stream) => {
    const response = await post(
      `${server.url}/v1/messages`,
      request('Count from 1 to 10', { stream }),
    );
    const id = response.headers.get('request-id') ?? 'no request id';
    if (stream) await allEventsOf(response);
    else await messageOf(response);
    const line = await lineOf(id);
    expect(line).toMatchObject({
      id,
      model: 'mini',
      status: 200,
      promptTokens: 20,
      cacheReadTokens: expect.any(Number),
      outputTokens: 29,
      firstTokenMs: expect.any(Number),
      tokensPerSecond: expect.any(Number),
    });
    const lines = `${server.stdout()}\n${server.stderr()}`.split('\n');
    expect(lines.filter((each) => isLineOf(each, id))).toHaveLength(1);
  });

  it('never contains a prompt or an answer', async () => {
    const body = request(`Repeat after me: ${SECRET}`, { system: SECRET });
    await messageOf(await post(`${server.url}/v1/messages`, body));
    await post(`${server.url}/v1/messages`, { ...body, max_tokens: SECRET });
    await post(`${server.url}/v1/messages`, `{"broken": "${SECRET}"`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.stdout() + server.stderr()).not.toContain(SECRET);
  });
});
