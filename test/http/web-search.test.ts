import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openServices } from '../../src/pipeline/middleware/server-tools/open.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { playing, startSearxng } from './searching.ts';
import type { PlayedRound, Searxng } from './searching.ts';
import { covers } from '../support/covers.ts';

let searxng: Searxng;
let server: ScriptedServer | undefined;
const warnings: string[] = [];
beforeAll(async () => {
  searxng = await startSearxng();
});
afterAll(() => searxng.close());
afterEach(async () => {
  await server?.close();
  warnings.length = 0;
});

/** A server that searches by the SearXNG, with a model that plays these rounds. */
async function serve(rounds: readonly PlayedRound[], last?: PlayedRound) {
  const { script, asked } = playing(rounds, last);
  const search = { kind: 'searxng', url: searxng.url } as const;
  const services = openServices(search, undefined, (message) => void warnings.push(message));
  server = await serveScript({ script }, {}, { services });
  return { asked, url: server.url };
}

const SEARCH = { type: 'web_search_20250305', name: 'web_search' } as const;
const LOOK = { name: 'look', input_schema: { type: 'object' as const } };
const query = (words: string): PlayedRound => ({ calls: [['web_search', { query: words }]] });
const user = { role: 'user' as const, content: 'What is new?' };
const asking = { model: 'actor', max_tokens: 1000, messages: [user], tools: [SEARCH] };

describe.each(DIALECTS)('web_search through $dialect', (dialect) => {
  covers('R5.7-search', 'R5.7-history');

  const rounds = [{ text: 'I look.', ...query('portico news') }, { text: 'It is new.' }];
  const expected = {
    stop_reason: 'end_turn',
    content: [
      { type: 'text', text: 'I look.' },
      {
        type: 'server_tool_use',
        id: 'srvtoolu_1x0',
        name: 'web_search',
        input: { query: 'portico news' },
      },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_1x0',
        content: [
          {
            type: 'web_search_result',
            url: 'https://docs.example.com/guide',
            title: 'The guide',
            page_age: '2026-11-01T00:00:00',
            encrypted_content: expect.stringMatching(/^portico1\./),
          },
          { type: 'web_search_result', url: 'https://example.org/other', page_age: null },
        ],
      },
      { type: 'text', text: 'It is new.' },
    ],
    usage: {
      input_tokens: 12,
      cache_read_input_tokens: 8,
      output_tokens: 10,
      server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
    },
  };

  it('is carried out inside of one message', async () => {
    const { url, asked } = await serve(rounds);
    const message = await clientOf(dialect, url).messages.create(asking);
    expect(message).toMatchObject(expected);
    expect(searxng.queries.at(-1)).toBe('portico news');
    const result = JSON.stringify(asked[1]?.conversation.turns.at(-1));
    expect(result).toContain('How Portico searches.');
    expect(result).toContain('https://docs.example.com/guide');
    expect(asked[1]?.maxTokens).toBe(995);
  });

  it('streams the same message', async () => {
    const { url } = await serve(rounds);
    const message = await clientOf(dialect, url).messages.stream(asking).finalMessage();
    expect(message).toMatchObject(expected);
  });

  it('the next request shows the model what the first one did', async () => {
    const { url, asked } = await serve(rounds);
    const client = clientOf(dialect, url);
    const { content } = await client.messages.create(asking);
    const again = { role: 'user' as const, content: 'And then?' };
    await client.messages.create({
      ...asking,
      messages: [user, { role: 'assistant', content }, again],
    });
    const [, second, third] = asked.map(({ conversation }) => conversation.turns);
    expect(third?.slice(0, second?.length)).toEqual(second);
    expect(third?.slice(second?.length)).toMatchObject([
      { role: 'assistant', parts: [{ text: 'It is new.' }] },
      { role: 'user', parts: [{ text: 'And then?' }] },
    ]);
  });
});

async function answerTo(url: string, more: object) {
  const [dialect] = DIALECTS;
  if (dialect === undefined) throw new Error('no SDK');
  return clientOf(dialect, url).messages.create({ ...asking, ...more });
}

describe('a search', () => {
  covers('R5.7-limits');

  it('is refused beyond max_uses', async () => {
    const { url, asked } = await serve([query('a'), query('b')]);
    const { content, usage } = await answerTo(url, { tools: [{ ...SEARCH, max_uses: 1 }] });
    expect(content[3]).toMatchObject({
      type: 'web_search_tool_result',
      content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
    });
    expect(usage.server_tool_use?.web_search_requests).toBe(1);
    expect(asked).toHaveLength(3);
  });

  it.each([
    [{ allowed_domains: ['example.com'] }, 'a site:example.com', ['docs.example.com']],
    [
      { allowed_domains: ['a.org', 'example.org'] },
      'a (site:a.org OR site:example.org)',
      ['example.org'],
    ],
    [{ blocked_domains: ['example.com'] }, 'a -site:example.com', ['example.org']],
  ])('keeps to %o', async (domains, asks, hosts) => {
    const { url } = await serve([query('a')]);
    const { content } = await answerTo(url, { tools: [{ ...SEARCH, ...domains }] });
    const [, result] = content;
    expect(result?.type).toBe('web_search_tool_result');
    const found = result?.type === 'web_search_tool_result' ? result.content : [];
    const urls = Array.isArray(found) ? found.map((one) => new URL(one.url).host) : [];
    expect(urls).toEqual(hosts);
    expect(searxng.queries.at(-1)).toBe(asks);
  });

  it.each([
    [{}, 'invalid_tool_input'],
    [{ query: ' ' }, 'invalid_tool_input'],
    [{ query: 'x'.repeat(1001) }, 'query_too_long'],
  ])('of %o is answered %s', async (input, code) => {
    const { url } = await serve([{ calls: [['web_search', input]] }]);
    const { content } = await answerTo(url, {});
    expect(content[1]).toMatchObject({ content: { error_code: code } });
  });
});

describe('a search, by injection and in turns', () => {
  covers('R5.7-search');

  it('works for a model that knows no tools', async () => {
    const call = '<tool_call>\n{"name": "web_search", "arguments": {"query": "a"}}\n</tool_call>';
    const { script, asked } = playing([{ text: call }]);
    const search = { kind: 'searxng', url: searxng.url } as const;
    const services = openServices(search, undefined, () => undefined);
    server = await serveScript({ script, capabilities: { tools: 'none' } }, {}, { services });
    const { content, stop_reason } = await answerTo(server.url, {});
    expect(stop_reason).toBe('end_turn');
    expect(content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'web_search_tool_result',
      'text',
    ]);
    expect(JSON.stringify(asked[1]?.conversation.turns)).toContain('How Portico searches.');
  });

  it('is left when its client has gone', async () => {
    const slow = await startSearxng();
    const left = slow.hang();
    const { script } = playing([query('a')]);
    const services = openServices({ kind: 'searxng', url: slow.url }, undefined, (message) => {
      warnings.push(message);
    });
    server = await serveScript({ script }, {}, { services });
    const client = new AbortController();
    const asked = server.ask({ tools: [SEARCH] }, client.signal);
    await expect.poll(() => slow.queries).toEqual(['a']);
    client.abort();
    await expect(asked).rejects.toThrow();
    await left;
    await slow.close();
    expect(warnings).toEqual([]);
    expect(server.logged.join('')).not.toContain('unexpectedly');
  });
});

describe('an answer', () => {
  covers('R5.7-rounds');

  it('pauses after ten rounds, and goes on when it is sent back', async () => {
    const { url, asked } = await serve([], query('more'));
    const paused = await answerTo(url, {});
    expect(paused.stop_reason).toBe('pause_turn');
    expect(paused.content).toHaveLength(20);
    await answerTo(url, { messages: [user, { role: 'assistant', content: paused.content }] });
    expect(asked[10]?.conversation.turns).toHaveLength(21);
    expect(asked[10]?.conversation.turns.at(-1)?.role).toBe('user');
  });

  it('ends with a call of the client’s own, which comes as ever', async () => {
    const calls = [
      ['web_search', { query: 'a' }],
      ['look', { at: 'b' }],
    ] as const;
    const { url, asked } = await serve([{ calls }]);
    const { content, stop_reason } = await answerTo(url, { tools: [SEARCH, LOOK] });
    expect(stop_reason).toBe('tool_use');
    expect(content.map(({ type }) => type)).toEqual([
      'server_tool_use',
      'tool_use',
      'web_search_tool_result',
    ]);
    expect(content[1]).toMatchObject({ id: 'toolu_1x1', name: 'look', input: { at: 'b' } });
    const back = { type: 'tool_result', tool_use_id: 'toolu_1x1', content: 'seen' };
    const messages = [user, { role: 'assistant', content }, { role: 'user', content: [back] }];
    await answerTo(url, { tools: [SEARCH, LOOK], messages });
    expect(asked[1]?.conversation.turns.at(-1)?.parts).toMatchObject([
      { kind: 'tool-result', callId: 'toolu_1x0' },
      { kind: 'tool-result', callId: 'toolu_1x1' },
    ]);
  });

  it('is free to end once the demanded call was made', async () => {
    const { url, asked } = await serve([query('a')]);
    const tool_choice = { type: 'tool', name: 'web_search' };
    const { stop_reason } = await answerTo(url, { tool_choice });
    expect(stop_reason).toBe('end_turn');
    expect(asked.map(({ toolChoice }) => toolChoice.mode)).toEqual(['tool', 'auto']);
  });

  it('ends at max_tokens, over all rounds', async () => {
    const { url, asked } = await serve([], query('more'));
    expect(await answerTo(url, { max_tokens: 12 })).toMatchObject({ stop_reason: 'max_tokens' });
    expect(asked.map(({ maxTokens }) => maxTokens)).toEqual([12, 7, 2]);
  });
});

describe('a search that fails', () => {
  covers('R5.7-unavailable');

  it.each([
    [500, '', 'unavailable', /answered 500$/],
    [403, '', 'unavailable', /allow json in search\.formats/],
    [429, '', 'too_many_requests', /answered 429$/],
    [200, '<html>', 'unavailable', /JSON/],
    [200, '{"hits":[]}', 'unavailable', /did not return JSON with results/],
  ])('reports %i %s as %s, and the turn continues', async (status, body, code, warning) => {
    const failing = await startSearxng();
    failing.fail(status, body);
    const { script } = playing([query('a')], { text: 'I could not look.' });
    const search = { kind: 'searxng', url: failing.url } as const;
    const services = openServices(search, undefined, (message) => void warnings.push(message));
    server = await serveScript({ script }, {}, { services });
    const message = await answerTo(server.url, {});
    await failing.close();
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      content: [
        { type: 'server_tool_use' },
        { content: { type: 'web_search_tool_result_error', error_code: code } },
        { type: 'text', text: 'I could not look.' },
      ],
      usage: { server_tool_use: null },
    });
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });
});
