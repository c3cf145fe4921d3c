import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf } from '../support/event-stream.ts';
import { post, request } from '../support/messages-api.ts';
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
