import { afterEach, describe, expect, it } from 'vitest';
import { covers } from '../support/covers.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { playing } from './searching.ts';
import type { PlayedRound } from './searching.ts';

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

async function serve(rounds: readonly PlayedRound[]) {
  const { script, asked } = playing(rounds);
  server = await serveScript({ script });
  return { asked, url: server.url };
}

const REGEX = { type: 'tool_search_tool_regex_20251119', name: 'tool_search_tool_regex' } as const;
const BM25 = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' } as const;

function deferred(name: string, description: string) {
  const input_schema = { type: 'object' as const, properties: { place: { type: 'string' } } };
  return { name, description, input_schema, defer_loading: true };
}

const TOOLS = [
  deferred('get_weather', 'Reports the weather of a city.'),
  deferred('send_mail', 'Sends a letter.'),
];
const user = { role: 'user' as const, content: 'How is the weather?' };
const asking = { model: 'actor', max_tokens: 1000, messages: [user] };

const SEARCHES = [
  [REGEX, 'wea.her'],
  [BM25, 'weather'],
] as const;

describe.each(DIALECTS)('tool search through $dialect', (dialect) => {
  covers('R5.3-deferred');

  describe.each(SEARCHES)('by %o', (search, query) => {
    const rounds = [
      { text: 'I look.', calls: [[search.name, { query }]] },
      { calls: [['get_weather', { place: 'Rome' }]] },
    ] as const;
    const expected = {
      stop_reason: 'tool_use',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'server_tool_use', id: 'srvtoolu_1x0', name: search.name, input: { query } },
        {
          type: 'tool_search_tool_result',
          tool_use_id: 'srvtoolu_1x0',
          content: {
            type: 'tool_search_tool_search_result',
            tool_references: [{ type: 'tool_reference', tool_name: 'get_weather' }],
          },
        },
        { type: 'tool_use', id: 'toolu_2x0', name: 'get_weather', input: { place: 'Rome' } },
      ],
    };

    it('makes a found tool callable in the same answer', async () => {
      const { url, asked } = await serve(rounds);
      const tools = [search, ...TOOLS];
      const message = await clientOf(dialect, url).messages.create({ ...asking, tools });
      expect(message).toMatchObject(expected);
      expect(offered(asked)).toEqual([[search.name], [search.name, 'get_weather']]);
    });

    it('streams the same message', async () => {
      const { url } = await serve(rounds);
      const tools = [search, ...TOOLS];
      const streamed = clientOf(dialect, url).messages.stream({ ...asking, tools });
      expect(await streamed.finalMessage()).toMatchObject(expected);
    });

    it('keeps a found tool in later turns, after the same prefix', async () => {
      const { url, asked } = await serve(rounds);
      const tools = [search, ...TOOLS];
      const client = clientOf(dialect, url);
      const { content } = await client.messages.create({ ...asking, tools });
      const result = {
        type: 'tool_result' as const,
        tool_use_id: 'toolu_2x0',
        content: 'Sunny.',
      };
      const messages = [
        user,
        { role: 'assistant' as const, content },
        { role: 'user' as const, content: [result] },
      ];
      await client.messages.create({ ...asking, tools, messages });
      const [, second, third] = asked;
      expect(third?.conversation.tools).toEqual(second?.conversation.tools);
      const before = second?.conversation.turns ?? [];
      expect(third?.conversation.turns.slice(0, before.length)).toEqual(before);
    });
  });
});

function offered(asked: ReturnType<typeof playing>['asked']) {
  return asked.map(({ conversation }) => conversation.tools.map(({ name }) => name));
}

describe('a tool search', () => {
  covers('R5.3-deferred');

  it.each([
    [REGEX, '(', 'The pattern is not valid'],
    [REGEX, 'a'.repeat(201), 'more than 200 characters'],
    [BM25, '', 'not empty'],
  ])('by %o for %j is answered by an error, and the answer goes on', async (tool, query, said) => {
    const { asked } = await serve([{ calls: [[tool.name, { query }]] }, { text: 'No tool.' }]);
    const response = await server?.ask({ tools: [tool, ...TOOLS] });
    const error = {
      type: 'tool_search_tool_result_error',
      error_code: 'invalid_tool_input',
      error_message: expect.stringContaining(said),
    };
    expect(await response?.json()).toMatchObject({
      content: [
        { type: 'server_tool_use' },
        { type: 'tool_search_tool_result', tool_use_id: 'srvtoolu_1x0', content: error },
        { type: 'text', text: 'No tool.' },
      ],
    });
    expect(JSON.stringify(asked[1]?.conversation.turns.at(-1))).toContain(said);
  });

  it('that finds nothing returns no reference', async () => {
    const { asked } = await serve([{ calls: [[REGEX.name, { query: 'zzz' }]] }]);
    const response = await server?.ask({ tools: [REGEX, ...TOOLS] });
    expect(await response?.json()).toMatchObject({
      content: [{}, { content: { tool_references: [] } }, { text: 'Done.' }],
    });
    expect(JSON.stringify(asked[1]?.conversation.turns.at(-1))).toContain('No tool was found.');
  });

  it('of the history may not refer to a tool that is gone', async () => {
    await serve([]);
    const found = {
      type: 'tool_search_tool_search_result',
      tool_references: [{ type: 'tool_reference', tool_name: 'gone' }],
    };
    const blocks = [
      { type: 'server_tool_use', id: 'srvtoolu_1', name: REGEX.name, input: { query: 'a' } },
      { type: 'tool_search_tool_result', tool_use_id: 'srvtoolu_1', content: found },
    ];
    const messages = [user, { role: 'assistant', content: blocks }, user];
    const response = await server?.ask({ tools: [REGEX, ...TOOLS], messages });
    expect(response?.status).toBe(400);
    expect(await response?.json()).toMatchObject({
      error: {
        message: expect.stringContaining("Tool 'gone' is not defined"),
        details: { error_code: 'tool_reference_unresolved' },
      },
    });
  });
});
