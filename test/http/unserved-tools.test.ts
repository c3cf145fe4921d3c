import { afterEach, describe, expect, it } from 'vitest';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { playing } from './searching.ts';
import type { PlayedRound } from './searching.ts';
import { covers } from '../support/covers.ts';

let server: ScriptedServer | undefined;
afterEach(() => server?.close());

async function serve(rounds: readonly PlayedRound[]) {
  const { script, asked } = playing(rounds);
  server = await serveScript({ script });
  return { asked, url: server.url, logged: server.logged };
}

const asking = {
  model: 'actor',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Do it.' }],
};

describe.each(DIALECTS)('through $dialect', (dialect) => {
  covers('R5.7-unavailable', 'R5.7-schemas');

  it.each([
    ['web_search_20250305', 'web_search', { query: 'a' }],
    ['web_fetch_20250910', 'web_fetch', { url: 'https://a.test/x' }],
  ])('%s that is not set up is answered so', async (type, name, input) => {
    const { url } = await serve([{ calls: [[name, input]] }, { text: 'I know it anyway.' }]);
    const tools = [{ type, name } as { type: 'web_search_20250305'; name: 'web_search' }];
    const messages = [{ role: 'user' as const, content: 'See https://a.test/x' }];
    const message = await clientOf(dialect, url).messages.create({ ...asking, tools, messages });
    expect(message).toMatchObject({
      stop_reason: 'end_turn',
      content: [
        { type: 'server_tool_use', name, input },
        {
          type: `${name}_tool_result`,
          content: { type: `${name}_tool_result_error`, error_code: 'unavailable' },
        },
        { type: 'text', text: 'I know it anyway.' },
      ],
    });
  });

  it.each([
    [{ type: 'bash_20250124', name: 'bash' }, { command: 'ls' }],
    [
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
      { command: 'view', path: '/a' },
    ],
    [{ type: 'text_editor_20250124', name: 'str_replace_editor' }, { command: 'undo_edit' }],
    [
      { type: 'memory_20250818', name: 'memory' },
      { command: 'view', path: '/memories' },
    ],
  ] as const)('a call of %o arrives as a plain tool_use', async (tool, input) => {
    const { url, asked } = await serve([{ calls: [[tool.name, input]] }]);
    const message = await clientOf(dialect, url).messages.create({ ...asking, tools: [tool] });
    expect(message).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', id: 'toolu_1x0', name: tool.name, input }],
    });
    const [offered] = asked[0]?.conversation.tools ?? [];
    expect(offered?.inputSchema['properties']).toHaveProperty('command');
    expect(offered?.description).not.toBe('');
  });
});

describe('settings without an effect', () => {
  covers('R5.7-foreign');

  it('are named in the log', async () => {
    const { logged } = await serve([]);
    const user_location = { type: 'approximate', city: 'Paris' };
    const tool = { type: 'web_search_20250305', name: 'web_search', max_uses: 1, user_location };
    await (await server?.ask({ tools: [tool] }))?.text();
    await expect.poll(() => logged.join('')).toContain('"tools.web_search.user_location"');
    expect(logged.join('')).not.toContain('max_uses');
  });
});

describe('code execution', () => {
  covers('R5.7-foreign');

  const foreign = { type: 'code_execution_20250825', name: 'code_execution' } as const;

  it('is not offered, and named in the log', async () => {
    const { url, asked, logged } = await serve([]);
    const [dialect] = DIALECTS;
    if (dialect === undefined) throw new Error('no SDK');
    const toolset = { type: 'computer_toolset_20260801' } as unknown as typeof foreign;
    const tools = [foreign, toolset, { type: 'bash_20250124', name: 'bash' } as const];
    const message = await clientOf(dialect, url).messages.create({ ...asking, tools });
    expect(message.stop_reason).toBe('end_turn');
    expect(asked[0]?.conversation.tools.map(({ name }) => name)).toEqual(['bash']);
    await expect.poll(() => logged.join('')).toContain('tools.code_execution');
  });

  it.each([{ type: 'any' }, { type: 'tool', name: 'code_execution' }])(
    'can’t be demanded by %o',
    async (tool_choice) => {
      await serve([]);
      const response = await server?.ask({ tools: [foreign], tool_choice });
      expect(response?.status).toBe(400);
      expect(await response?.text()).toContain("tool_choice: code_execution can't be run outside");
    },
  );
});
