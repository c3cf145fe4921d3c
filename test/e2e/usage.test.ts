import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf } from '../support/event-stream.ts';
import { messageOf, post, request } from '../support/messages-api.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ args: ['--parallel', '1'] });
});
afterAll(() => server.stop());

interface PromptUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

function promptUsage({
  input_tokens,
  cache_creation_input_tokens,
  cache_read_input_tokens,
}: PromptUsage): PromptUsage {
  return { input_tokens, cache_creation_input_tokens, cache_read_input_tokens };
}

/** The counts of a prompt as a stream starts with them, and as it ends with them. */
async function countsOf(text: string, more: object) {
  const body = request(text, { stream: true, max_tokens: 4, ...more });
  const events = await allEventsOf(await post(`${server.url}/v1/messages`, body));
  const dataOf = (name: string) =>
    events.find(({ event }) => event === name)?.data as
      | { readonly message?: { readonly usage: PromptUsage }; readonly usage?: PromptUsage }
      | undefined;
  const start = dataOf('message_start')?.message?.usage;
  const end = dataOf('message_delta')?.usage;
  if (start === undefined || end === undefined) throw new Error('The stream has no usage.');
  return { start: promptUsage(start), end: promptUsage(end) };
}

const LONG = 'The quick brown fox jumps over the lazy dog. '.repeat(12);

describe('the usage in message_start', () => {
  it.each([
    ['a plain prompt', {}],
    [
      'a prompt to be cached',
      { system: [{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }] },
    ],
  ])('agrees with message_delta for %s, when first asked and when asked again', async (_, more) => {
    const first = await countsOf(`${LONG} One?`, more);
    expect(first.start).toEqual(first.end);
    const again = await countsOf(`${LONG} Two?`, more);
    expect(again.start).toEqual(again.end);
    expect(again.start.cache_read_input_tokens).toBeGreaterThan(50);
  });
});

describe('the usage of a prompt with breakpoints of one hour and of five minutes', () => {
  const mark = (ttl: string) => ({ type: 'ephemeral', ttl });
  const text = (words: string, ttl: string) => ({
    type: 'text',
    text: words,
    cache_control: mark(ttl),
  });
  const tool = {
    name: 'look',
    description: `Looks. ${LONG}`,
    input_schema: { type: 'object' },
    cache_control: mark('1h'),
  };

  async function createdBy(body: object) {
    const response = await post(
      `${server.url}/v1/messages`,
      request('', { max_tokens: 2, ...body }),
    );
    const { usage } = await messageOf(response);
    const created = usage['cache_creation'] as {
      readonly ephemeral_5m_input_tokens: number;
      readonly ephemeral_1h_input_tokens: number;
    };
    const { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long } = created;
    expect(long + short).toBe(usage.cache_creation_input_tokens);
    return { long, short };
  }

  const count = async (words: string) => {
    const body = { model: 'mini', messages: [{ role: 'user', content: words }] };
    const response = await post(`${server.url}/v1/messages/count_tokens`, body);
    return ((await response.json()) as { readonly input_tokens: number }).input_tokens;
  };

  it('is split at the last one of one hour, in the system prompt', async () => {
    const system = [text(`Be one. ${LONG}`, '1h'), text(`${LONG.slice(0, 90)} Be two.`, '5m')];
    const { long, short } = await createdBy({
      system,
      messages: [{ role: 'user', content: 'Go' }],
    });
    expect(long).toBeGreaterThan((await count(LONG)) - 20);
    expect(short).toBeGreaterThan(20);
    expect(short).toBeLessThan(60);
  });

  it('is split there among the tools', async () => {
    const messages = [{ role: 'user', content: [text(`${LONG} Now look.`, '5m')] }];
    const { long, short } = await createdBy({ tools: [tool], messages });
    const words = await count(LONG);
    expect(long).toBeGreaterThan(words - 20);
    expect(short).toBeGreaterThan(words - 20);
    expect(short).toBeLessThan(words + 20);
  });

  it('is split there within a message', async () => {
    const content = [text(`Alpha. ${LONG}`, '1h'), text('Beta gamma.', '5m')];
    const { long, short } = await createdBy({ messages: [{ role: 'user', content }] });
    expect(long).toBeGreaterThan((await count(LONG)) - 20);
    expect(short).toBeGreaterThan(2);
    expect(short).toBeLessThan(20);
  });

  it('has no part of an hour if that part was read', async () => {
    const said = (words: string) => ({
      messages: [{ role: 'user', content: [text(`Delta. ${LONG}`, '1h'), text(words, '5m')] }],
    });
    await createdBy(said('One two three.'));
    const { long, short } = await createdBy(said('Four five six seven.'));
    expect(long).toBe(0);
    expect(short).toBeGreaterThan(2);
  });
});
