import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSearxng } from '../http/searching.ts';
import type { Searxng } from '../http/searching.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';
import { covers } from '../support/covers.ts';

let searxng: Searxng;
let server: RunningServer;
beforeAll(async () => {
  searxng = await startSearxng();
  server = await startServer({ args: ['--web-search', searxng.url] });
});
afterAll(async () => {
  await server.stop();
  await searxng.close();
});

const asking = {
  model: 'mini',
  max_tokens: 120,
  temperature: 0,
  messages: [{ role: 'user' as const, content: 'List the files in /tmp' }],
};

describe.each(DIALECTS)('the embedded model through $dialect', (dialect) => {
  covers('R5.7-schemas', 'R5.7-search');

  it.each([
    [{ type: 'bash_20250124', name: 'bash' }, ['command', 'restart']],
    [
      { type: 'text_editor_20250728', name: 'str_replace_based_edit_tool' },
      [
        'command',
        'path',
        'view_range',
        'file_text',
        'old_str',
        'new_str',
        'insert_text',
        'insert_line',
      ],
    ],
  ] as const)('calls %o by the schema of its version', async (tool, keys) => {
    const { content } = await clientOf(dialect, server.url).messages.create({
      ...asking,
      tools: [tool],
      tool_choice: { type: 'tool', name: tool.name },
    });
    const call = content.find(({ type }) => type === 'tool_use');
    expect(call).toMatchObject({ type: 'tool_use', name: tool.name });
    const input = call?.type === 'tool_use' ? call.input : undefined;
    expect(keys).toEqual(expect.arrayContaining(Object.keys(input ?? { none: true })));
  });

  it('searches on demand, and continues', async () => {
    const message = await clientOf(dialect, server.url).messages.create({
      ...asking,
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 1 }],
      tool_choice: { type: 'tool', name: 'web_search' },
    });
    const served = message.content.map(({ type }) => type).filter((type) => type !== 'text');
    expect(served.slice(0, 2)).toEqual(['server_tool_use', 'web_search_tool_result']);
    expect(message.usage.server_tool_use?.web_search_requests).toBe(1);
    expect(searxng.queries.length).toBeGreaterThan(0);
    expect(['end_turn', 'max_tokens', 'pause_turn']).toContain(message.stop_reason);
  });
});
