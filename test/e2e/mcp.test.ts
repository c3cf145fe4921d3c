import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHttpMcp } from '../support/mcp-servers.ts';
import type { McpServerOnPort } from '../support/mcp-servers.ts';
import { REPOSITORY, startServer } from '../support/server.ts';
import type { RunningServer } from '../support/server.ts';

const PROGRAM = path.join(REPOSITORY, 'test/support/mcp-stdio.mjs');

let portico: RunningServer;
let remote: McpServerOnPort;
beforeAll(async () => {
  remote = await startHttpMcp();
  portico = await startServer({
    args: ['--mcp-allow', '127.0.0.1'],
    environment: { PORTICO_THREADS: '1' },
    registry: `mcp:\n  desk: { command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(PROGRAM)}], env: { MCP_TEST: set } }\n`,
  });
});
afterAll(async () => {
  await portico.stop();
  await remote.close();
});

async function ask(body: object): Promise<unknown> {
  const response = await fetch(`${portico.url}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({
      model: 'mini',
      max_tokens: 200,
      messages: [{ role: 'user', content: 'Add 1 and 2.' }],
      ...body,
    }),
  });
  return response.json();
}

describe('mini, if it is forced to call a tool of an MCP server', () => {
  it.each(['a program of models.yaml', 'a URL'])('gets the result of %s', async (kind) => {
    const servers =
      kind === 'a URL' ? { mcp_servers: [{ type: 'url', name: 'desk', url: remote.url }] } : {};
    const message = await ask({
      ...servers,
      tools: [{ type: 'mcp_toolset', mcp_server_name: 'desk' }],
      tool_choice: { type: 'tool', name: 'variable' },
    });
    expect(message).toMatchObject({
      content: expect.arrayContaining([
        expect.objectContaining({ type: 'mcp_tool_use', name: 'variable', server_name: 'desk' }),
        expect.objectContaining({ type: 'mcp_tool_result', is_error: false }),
      ]),
    });
  });
});

describe('mini, if it is forced to search tools', () => {
  it('gets a result, and answers', async () => {
    const search = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' };
    const add = {
      name: 'add_numbers',
      description: 'Adds two numbers.',
      input_schema: { type: 'object' },
      defer_loading: true,
    };
    const message = await ask({
      tools: [search, add],
      tool_choice: { type: 'tool', name: search.name },
    });
    expect(message).toMatchObject({
      content: expect.arrayContaining([
        expect.objectContaining({ type: 'server_tool_use', name: search.name }),
        expect.objectContaining({ type: 'tool_search_tool_result' }),
      ]),
    });
  });
});
