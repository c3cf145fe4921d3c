import { beforeAll, describe, expect, it } from 'vitest';
import { allEventsOf, expectGrammar, streamedText } from '../support/event-stream.ts';
import { errorOf, messageOf, post, request, textOf } from '../support/messages-api.ts';
import type { RunningServer } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';
import { covers } from '../support/covers.ts';

const MIB = 1024 * 1024;

const says = (block: object) => [{ role: 'user', content: [block] }];

let server: RunningServer;
beforeAll(async () => {
  server = await sharedServer();
});

describe('messages over HTTP', () => {
  covers('R2.3-messages', 'R2.3-anthropic', 'R2.3-doubled', 'R2.3-stream', 'R2.3-count');

  it.each([
    '/v1/messages',
    '/v1/messages?beta=true',
    '/anthropic/v1/messages',
    '/v1/v1/messages',
    '/anthropic/v1/v1/messages',
  ])('POST %s answers', async (route) => {
    const response = await post(server.url + route, request('Count from 1 to 3'));
    expect(response.status).toBe(200);
    expect(textOf(await messageOf(response))).toBe('1, 2, 3');
  });

  it('streams in the grammar of the API', async () => {
    const body = request('Count from 1 to 3', { stream: true });
    const events = await allEventsOf(await post(`${server.url}/v1/messages`, body));
    expectGrammar(events);
    expect(streamedText(events)).toBe('1, 2, 3');
    expect(events.at(-2)?.data).toMatchObject({ delta: { stop_reason: 'end_turn' } });
  });

  it.each(['/v1', '/anthropic/v1', '/v1/v1'])('counts under %s', async (prefix) => {
    const { model, messages } = request('Hello') as Record<string, unknown>;
    const response = await post(`${server.url}${prefix}/messages/count_tokens`, {
      model,
      messages,
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ input_tokens: 13 });
  });
});

describe('the other routes', () => {
  covers('R2.3-health', 'R2.3-head', 'R2.3-models', 'R2.12-request-id', 'R2.3-paging');

  it.each([
    ['GET', '/health'],
    ['HEAD', '/'],
    ['HEAD', '/api/hello'],
    ['GET', '/v1/models'],
    ['GET', '/v1/models/mini'],
    ['GET', '/anthropic/v1/models'],
    ['GET', '/anthropic/v1/models/mini'],
    ['GET', '/v1/v1/models'],
    ['HEAD', '/anthropic/'],
    ['GET', '/anthropic/health'],
  ])('%s %s is 200', async (...route) => {
    const [method, path] = route;
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(200);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
  });

  it('pages forwards and backwards', async () => {
    const page = async (query: string) => {
      const response = await fetch(`${server.url}/v1/models?${query}`);
      return (await response.json()) as {
        data: { id: string }[];
        has_more: boolean;
        first_id: string | null;
        last_id: string | null;
      };
    };
    const ids = ({ data }: Awaited<ReturnType<typeof page>>) => data.map(({ id }) => id);
    const all = ids(await page('limit=1000'));
    expect(all.length).toBeGreaterThan(3);
    const first = await page('limit=2');
    expect(first).toMatchObject({ has_more: true, first_id: all[0], last_id: all[1] });
    expect(ids(first)).toEqual(all.slice(0, 2));
    expect(ids(await page(`limit=2&after_id=${first.last_id}`))).toEqual(all.slice(2, 4));
    expect(ids(await page(`limit=2&before_id=${all[3]}`))).toEqual(all.slice(1, 3));
    const last = await page(`limit=1000&after_id=${all[0]}`);
    expect(last).toMatchObject({ has_more: false, last_id: all.at(-1) });
    for (const limit of ['0', '1001', 'many']) {
      expect(await page(`limit=${limit}`)).toMatchObject({
        error: { type: 'invalid_request_error' },
      });
    }
  });
});

describe('what is not there', () => {
  covers('R2.3-unknown', 'R2.12-request-id', 'R2.3-method');

  it.each(['/v1/skills', '/v1/skills/skill_1/versions'])('%s is not offered', async (route) => {
    const response = await fetch(server.url + route);
    expect(response.status).toBe(404);
    const { error } = await errorOf(response);
    expect(error.type).toBe('not_found_error');
    expect(error.message).toMatch(/^Skills are not offered/);
  });

  it.each(['/nothing', '/v1/nothing', '/anthropic/v1/nothing', '/v1/models/mini/more'])(
    '%s is a 404 in the envelope',
    async (path) => {
      const response = await fetch(server.url + path);
      expect(response.status).toBe(404);
      const error = await errorOf(response);
      expect(error.error.type).toBe('not_found_error');
      expect(error.request_id).toBe(response.headers.get('request-id'));
    },
  );

  it.each([
    ['GET', '/v1/messages', 'POST'],
    ['DELETE', '/v1/messages/count_tokens', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['PUT', '/anthropic/v1/models/mini', 'GET'],
    ['POST', '/health', 'GET'],
  ])('%s %s is a 405 that allows %s', async (method, path, allow) => {
    const response = await fetch(server.url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain(allow);
    expect((await errorOf(response)).error.type).toBe('invalid_request_error');
  });
});

describe('what is refused', () => {
  covers('R2.12-table', 'R2.5-too-long', 'R2.12-no-trace', 'R2.11-size');

  it.each([
    ['broken JSON', '{"model": "mini",', 'The request body is not valid JSON'],
    ['no max_tokens', request('Hi', { max_tokens: undefined }), 'max_tokens: Field required'],
    ['no messages', request('Hi', { messages: [] }), 'messages: at least one message is required'],
    [
      'a wild temperature',
      request('Hi', { temperature: 3 }),
      'temperature: Input should be less than or equal to 2',
    ],
    [
      'a misspelt field',
      request('Hi', { tool_choise: {} }),
      'tool_choise: Extra inputs are not permitted',
    ],
    [
      'empty text',
      request('Hi', { messages: says({ type: 'text', text: '' }) }),
      'messages: text content blocks must be non-empty',
    ],
    ['a long prompt', request('one two three '.repeat(6000)), 'prompt is too long: '],
  ])('%s is a 400', async (_case, body, words) => {
    const response = await post(`${server.url}/v1/messages`, body);
    expect(response.status).toBe(400);
    const { error } = await errorOf(response);
    expect(error.type).toBe('invalid_request_error');
    expect(error.message).toContain(words);
    expect(error.message).not.toMatch(/\n\s+at |node_modules|file:/);
  });

  it.each(['with a length', 'in chunks'])('over 32 MB is a 413 %s', async (how) => {
    const text = JSON.stringify(request('a'.repeat(33 * MIB)));
    const body = how === 'in chunks' ? new Blob([text]).stream() : text;
    const response = await fetch(`${server.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    expect((await errorOf(response)).error.type).toBe('request_too_large');
  });

  it('a body of 31 MB is read', async () => {
    const body = request('a'.repeat(31 * MIB), { max_tokens: undefined });
    const response = await post(`${server.url}/v1/messages`, body);
    expect(response.status).toBe(400);
    expect((await errorOf(response)).error.message).toContain('max_tokens: Field required');
  });
});

describe('what is fine here', () => {
  covers('R2.12-lenient', 'R2.5-sampling', 'R2.10-claude-names');

  it.each([
    ['no anthropic-version', {}, {}],
    ['an anthropic-version of tomorrow', { 'anthropic-version': '2029-01-01' }, {}],
    ['temperature 2', {}, { temperature: 2 }],
    [
      'sampling under the newest version',
      { 'anthropic-version': '2026-10-21' },
      { temperature: 0.5, top_p: 0.5, top_k: 5 },
    ],
    ['no key', {}, {}],
  ])('%s', async (_case, headers, more) => {
    const response = await post(`${server.url}/v1/messages`, request('Hello', more), headers);
    expect(response.status).toBe(200);
    expect(textOf(await messageOf(response))).not.toBe('');
  });

  it('a claude name without an alias, answered by the default', async () => {
    const body = request('Count from 1 to 3', { model: 'claude-haiku-4-5-20251001' });
    const response = await post(`${server.url}/v1/messages`, body);
    expect(response.headers.get('portico-model')).toBe('mini');
    const message = await messageOf(response);
    expect(message.model).toBe('claude-haiku-4-5-20251001');
    expect(textOf(message)).toBe('1, 2, 3');
  });
});
