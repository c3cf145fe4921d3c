import Anthropic from 'anthropic-sdk-1';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NO_USAGE } from '../../src/core/events.ts';
import { RateLimiter } from '../../src/http/rate-limits.ts';
import type { RateLimits } from '../../src/http/rate-limits.ts';
import { serveScript } from '../support/scripted-server.ts';

const KEYS = ['first-key', 'second-key'];

/** A server with limits, whose clock the test sets. Each request takes 100 tokens, and generates 10. */
async function open(limits: RateLimits, apiKeys: readonly string[] = KEYS) {
  const clock = { now: Date.parse('2026-12-01T12:00:00Z') };
  const server = await serveScript(
    {
      async *script() {
        yield { type: 'admitted', inputTokens: 100 };
        yield { type: 'text-delta', text: 'Yes.' };
        yield {
          type: 'finish',
          reason: 'end-turn',
          stopSequence: null,
          usage: { ...NO_USAGE, promptTokens: 100, outputTokens: 10 },
        };
      },
    },
    { apiKeys, limiter: new RateLimiter({ limits, apiKeys, now: () => clock.now }) },
  );
  onTestFinished(() => server.close());
  const ask = async (key = 'first-key') => {
    const client = new Anthropic({ baseURL: server.url, authToken: key, maxRetries: 0 });
    const { response } = await client.messages
      .create({ model: 'actor', max_tokens: 20, messages: [{ role: 'user', content: 'Hello' }] })
      .withResponse();
    return response.headers;
  };
  return { ask, clock };
}

describe('limits of a key', () => {
  it('are in the headers, with the time at which all is free again', async () => {
    const headers = await (await open({ requests: 4, outputTokens: 50 })).ask();
    const limits = [...headers].filter(([name]) => name.startsWith('anthropic-ratelimit'));
    expect(Object.fromEntries(limits)).toEqual({
      'anthropic-ratelimit-requests-limit': '4',
      'anthropic-ratelimit-requests-remaining': '3',
      'anthropic-ratelimit-requests-reset': '2026-12-01T12:00:15.000Z',
      'anthropic-ratelimit-output-tokens-limit': '50',
      'anthropic-ratelimit-output-tokens-remaining': '50',
      'anthropic-ratelimit-output-tokens-reset': '2026-12-01T12:00:00.000Z',
    });
  });

  it.each<readonly [string, RateLimits, number, RegExp, string]>([
    ['requests', { requests: 3 }, 3, /allows 3 requests per minute/, '20'],
    ['prompt tokens', { inputTokens: 150 }, 2, /allows 150 input tokens per minute/, '21'],
    ['generated tokens', { outputTokens: 15 }, 2, /allows 15 output tokens per minute/, '24'],
  ])('refuse more %s than a minute has, until they are refilled', async (...row) => {
    const [, limits, accepted, words, seconds] = row;
    const { ask, clock } = await open(limits);
    for (let request = 0; request < accepted; request += 1) await ask();
    const refusal: unknown = await ask().catch((error: unknown) => error);
    if (!(refusal instanceof Anthropic.RateLimitError)) throw refusal;
    expect(refusal.message).toMatch(words);
    expect(refusal.headers.get('retry-after')).toBe(seconds);
    clock.now += Number(seconds) * 1000;
    await expect(ask()).resolves.toBeDefined();
  });

  it('are counted for each key by itself', async () => {
    const { ask } = await open({ requests: 1 });
    await ask();
    await expect(ask()).rejects.toThrow(Anthropic.RateLimitError);
    await expect(ask('second-key')).resolves.toBeDefined();
  });

  it('are shared by all clients of a server without keys, whatever keys they send', async () => {
    const { ask } = await open({ requests: 1 }, []);
    await ask();
    await expect(ask('second-key')).rejects.toThrow(Anthropic.RateLimitError);
  });

  it('add no headers without a limit', async () => {
    const headers = await (await open({})).ask();
    expect([...headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
  });
});
