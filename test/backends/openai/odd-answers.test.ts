import { describe, expect, it, onTestFinished } from 'vitest';
import { withoutKeys } from '../../../src/core/secrets.ts';
import type { Backend } from '../../../src/core/backend.ts';
import { RuntimeFailure } from '../../../src/core/failure.ts';
import { collect, request, said } from '../../support/requests.ts';
import { event, startActing } from './acting-server.ts';
import type { Act } from './acting-server.ts';
import { entry, openBackend } from './peers.ts';

const signal = AbortSignal.timeout(60_000);

function open(variables: Record<string, string> = {}): Backend {
  const backend = openBackend(variables);
  onTestFinished(() => backend.close());
  return backend;
}

async function answerTo(act: Act) {
  const server = await startActing(() => act);
  const model = entry(server.url, { server: 'other' });
  return collect(open().generate(request(model, said('Hi')), signal));
}

describe('a good answer', () => {
  it.each([
    'none',
    null,
    -1,
    1e300,
    [],
    { prompt_tokens: 'ten', completion_tokens: 1 },
    { prompt_tokens: -3, completion_tokens: 1 },
    { prompt_tokens: 1e300, completion_tokens: 1e300 },
    { prompt_tokens: 5, completion_tokens: 'one' },
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    { prompt_tokens: 5, completion_tokens: 0 },
    { prompt_tokens: 5 },
    { prompt_tokens: 5.5, completion_tokens: 1 },
    { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: 'odd' },
    { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 1e300 } },
  ])('does not fail for its usage: %j', async (usage) => {
    const last = { ...event({}, 'stop'), usage };
    const { text, finish } = await answerTo({ events: [event({ content: 'One' }), last] });
    expect([text, finish?.reason]).toEqual(['One', 'end-turn']);
    expect(finish?.usage.promptTokens).toBeGreaterThan(0);
    expect(finish?.usage.promptTokens).toBeLessThan(1000);
    expect(finish?.usage).toMatchObject({ outputTokens: 1, cacheReadTokens: 0 });
  });

  it.each([{ prompt_tokens: 5, completion_tokens: 0 }, { prompt_tokens: 5 }])(
    'is not taken as short for its usage: %j',
    async (usage) => {
      const last = { ...event({}, 'length'), usage };
      const { finish } = await answerTo({ events: [event({ content: 'One' }), last] });
      expect(finish?.reason).toBe('max-tokens');
    },
  );

  it('does not fail for an event with odd usage alone', async () => {
    const events = [event({ content: 'One' }), event({}, 'stop'), { usage: 'none' }];
    expect((await answerTo({ events })).text).toBe('One');
  });

  it('may use the deprecated function_call, in one piece', async () => {
    const function_call = { name: 'look', arguments: '{"at":"x"}' };
    const message = { role: 'assistant', content: null, function_call };
    const choices = [{ index: 0, message, finish_reason: 'function_call' }];
    const { finish, events } = await answerTo({ whole: { choices } });
    expect(finish?.reason).toBe('tool-use');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'tool-call-start', name: 'look' }),
    );
    expect(events).toContainEqual(expect.objectContaining({ json: '{"at":"x"}' }));
  });

  it('may use the deprecated function_call', async () => {
    const events = [
      event({ function_call: { name: 'look', arguments: '' } }),
      event({ function_call: { arguments: '{"at":' } }),
      event({ function_call: { arguments: '"x"}' } }),
      event({}, 'function_call'),
    ];
    const { finish, events: seen } = await answerTo({ events });
    expect(finish?.reason).toBe('tool-use');
    expect(seen).toContainEqual(expect.objectContaining({ type: 'tool-call-start', name: 'look' }));
    const json = seen.map((one) => (one.type === 'tool-call-delta' ? one.json : '')).join('');
    expect(JSON.parse(json)).toEqual({ at: 'x' });
  });
});

describe('an error with status 200', () => {
  it.each([
    [{ code: 429 }, 'rate-limited'],
    [{ code: 503 }, 'overloaded'],
    [{ code: 402 }, 'billing'],
    [{ code: 400 }, 'invalid-request'],
    [{ status: 429, code: 'slow_down' }, 'rate-limited'],
    [{ code: 7 }, 'backend-failed'],
    [{ code: '400' }, 'invalid-request'],
    [{}, 'backend-failed'],
  ])('has the class of the status that it names: %j is %s', async (fields, code) => {
    const error = { message: 'no', ...fields };
    for (const act of [{ events: [{ error }] }, { whole: { error } }]) {
      await expect(answerTo(act)).rejects.toMatchObject({ code });
    }
    const late = { events: [event({ content: 'One' }), { error }] };
    await expect(answerTo(late)).rejects.toMatchObject({ code });
  });
});

describe('a wait', () => {
  it('is an hour at most', async () => {
    const act = { status: 429, error: { message: 'slow down' }, retryAfter: '999999' };
    await expect(answerTo(act)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterSeconds: 3600,
    });
  });
});

describe('a wait until a date', () => {
  it.each([
    [120_000, 119, 120],
    [1e9, 3600, 3600],
    // What is over already says nothing.
    [-60_000, 5, 5],
  ])('is reported in seconds for %i ms ahead', async (ahead, least, most) => {
    const retryAfter = new Date(Date.now() + ahead).toUTCString();
    const failure: unknown = await answerTo({
      status: 429,
      error: { message: 'slow down' },
      retryAfter,
    }).catch((error: unknown) => error);
    const seconds = failure instanceof RuntimeFailure ? failure.retryAfterSeconds : undefined;
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThanOrEqual(most);
  });
});

describe('a key in an error', () => {
  const KEY = 'my.configured/key';

  it.each([401, 400, 500])('is never repeated, with status %i', async (status) => {
    const message = `Incorrect key ${KEY} (team-cookie-1); Authorization: Bearer abcdef123456`;
    const server = await startActing(() => ({ status, error: { message } }));
    const headers = { 'x-team-token': 'team-cookie-1' };
    const model = entry(server.url, { key: 'K', headers, server: 'other' });
    const failure: unknown = await collect(
      open({ K: KEY }).generate(request(model, said('Hi')), signal),
    ).catch((error: unknown) => error);
    expect(String(failure)).toContain('Incorrect key [redacted] ([redacted])');
    expect(String(failure)).not.toMatch(/configured|cookie-1|abcdef/);
  });

  it.each([
    ['x-team', 'blue-team-login-7', 'blue-team-login-7'],
    ['cookie', 'theme=dark-blue; session=cookie-of-ours', 'cookie-of-ours'],
    ['authorization', 'Token header-token-1', 'header-token-1'],
    ['proxy-authorization', `Basic ${btoa('user:basic-password')}`, 'basic-password'],
  ])('is never repeated, from any header of the entry: %s', async (name, value, secret) => {
    const error = { message: `no access for ${secret}` };
    const server = await startActing(() => ({ status: 400, error }));
    const model = entry(server.url, { headers: { [name]: value }, server: 'other' });
    const asking = collect(open().generate(request(model, said('Hi')), signal));
    await expect(asking).rejects.toThrow('no access for [redacted]');
  });

  it('is not in a header that describes the client', async () => {
    const error = { message: 'application/json of Portico-Tests is not supported' };
    const server = await startActing(() => ({ status: 400, error }));
    const headers = { Accept: 'application/json', 'User-Agent': 'Portico-Tests' };
    const model = entry(server.url, { headers, server: 'other' });
    const asking = collect(open().generate(request(model, said('Hi')), signal));
    await expect(asking).rejects.toThrow(error.message);
  });

  it('is never repeated in mid-answer', async () => {
    const events = [event({ content: 'One' }), { error: { message: `bad ${KEY}` } }];
    const server = await startActing(() => ({ events }));
    const model = entry(server.url, { key: 'K', server: 'other' });
    await expect(
      collect(open({ K: KEY }).generate(request(model, said('Hi')), signal)),
    ).rejects.toThrow('bad [redacted]');
  });

  it.each([
    ['Incorrect API key provided: sk-proj-abcdefghijkl1234.', 'abcdefghijkl'],
    ['token hf_abcdefghijklmnop is expired', 'abcdefghijkl'],
    ['Authorization: Bearer abc.def-ghi', 'abc.def'],
    ['the key sk-test-1234567890 is unknown', '1234567890'],
    ['key ghp_16C7e42F292c6912E7710c838347Ae178B4a is revoked', '16C7e42F'],
    ['key AKIAIOSFODNN7EXAMPLE is unknown', 'IOSFODNN'],
    ['got api_key=0123456789abcdef', '0123456789'],
    ['{"x-api-key": "0123456789abcdef"}', '0123456789'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'eyJhbGci'],
  ])('is recognized by its form: %s', (text, secret) => {
    expect(withoutKeys(text)).not.toContain(secret);
  });

  it.each([
    'API key not valid. Please pass a valid API key.',
    'the model gpt-oss-120b does not support tools',
    'sk is no key, and bearer of news neither: short',
    'risk-assessment-of-many-models failed',
    'no tool skill-based-matching, ak-47-rifle-of-the-game, sk-learn-based-classification',
    'hf_transformers_and_accelerate, fw-update-of-router, akin_to_the_other_one, skeleton_of_a_schema',
    'authorization: required; secret: string expected; api key: missing',
    'Bearer authentication is needed, and a Bearer token',
  ])('is not recognized in other text: %s', (text) => {
    expect(withoutKeys(text)).toBe(text);
  });
});
