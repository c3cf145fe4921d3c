import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMcpClients } from '../../src/pipeline/mcp/clients.ts';
import type { McpOptions } from '../../src/pipeline/mcp/clients.ts';
import type { McpClients } from '../../src/pipeline/middleware/server-tools/services.ts';
import { clientOf, DIALECTS } from '../support/dialects.ts';
import { startHttpMcp, startSseMcp } from '../support/mcp-servers.ts';
import type { McpServerOnPort } from '../support/mcp-servers.ts';
import { serveScript } from '../support/scripted-server.ts';
import type { ScriptedServer } from '../support/scripted-server.ts';
import { playing } from './searching.ts';
import type { PlayedRound } from './searching.ts';

let server: ScriptedServer | undefined;
let mcp: McpClients | undefined;
let remote: McpServerOnPort | undefined;
afterEach(async () => {
  await server?.close();
  await mcp?.close();
  await remote?.close();
  [server, mcp, remote] = [undefined, undefined, undefined];
  warnings.length = 0;
});
const warnings: string[] = [];

const STDIO = { command: process.execPath, args: ['test/support/mcp-stdio.mjs'], env: {} };

async function serve(rounds: readonly PlayedRound[], options: Partial<McpOptions> = {}) {
  const { script, asked } = playing(rounds);
  mcp = createMcpClients({
    allowedHosts: ['127.0.0.1'],
    commands: () => new Map([['local', { ...STDIO, env: { MCP_TEST: 'set' } }]]),
    environment: () => process.env,
    ...options,
  });
  const services = { mcp, log: (message: string) => void warnings.push(message) };
  server = await serveScript({ script }, {}, { services });
  return { asked, url: server.url };
}

const user = { role: 'user' as const, content: 'Add 1 and 2.' };
const asking = { model: 'actor', max_tokens: 1000, messages: [user] };
const add = { calls: [['mcp__desk__add', { a: 1, b: 2 }]] } as const;
const toolset = { type: 'mcp_toolset', mcp_server_name: 'desk' } as const;
const at = (url: string) => [{ type: 'url' as const, name: 'desk', url }];

async function answer(body: Readonly<Record<string, unknown>>): Promise<unknown> {
  const response = await server?.ask(body);
  return response?.json();
}

const RESULT = {
  stop_reason: 'end_turn',
  content: [
    {
      type: 'mcp_tool_use',
      id: 'mcptoolu_1x0',
      name: 'add',
      server_name: 'desk',
      input: { a: 1, b: 2 },
    },
    {
      type: 'mcp_tool_result',
      tool_use_id: 'mcptoolu_1x0',
      is_error: false,
      content: [{ type: 'text', text: '3' }],
    },
    { type: 'text', text: 'It is 3.' },
  ],
};

describe.each([
  ['streamable HTTP', startHttpMcp],
  ['SSE', startSseMcp],
])('an MCP server over %s', (_transport, start) => {
  it.each(DIALECTS)('is called inside of one message through $dialect', async (dialect) => {
    remote = await start();
    const { url, asked } = await serve([add, { text: 'It is 3.' }]);
    const client = clientOf(dialect, url).beta.messages;
    const mcp_servers = [{ ...at(remote.url)[0], authorization_token: 'secret-token-1' }];
    const body = { ...asking, mcp_servers: mcp_servers as never, tools: [toolset] as never };
    expect(await client.create(body)).toMatchObject(RESULT);
    expect(remote.tokens.every((token) => token === 'Bearer secret-token-1')).toBe(true);
    expect(JSON.stringify(asked)).not.toContain('secret-token-1');
    expect(asked[0]?.conversation.tools.map(({ name }) => name)).toContain('mcp__desk__add');
  });

  it.each(DIALECTS)('is streamed as the same message through $dialect', async (dialect) => {
    remote = await start();
    const { url } = await serve([add, { text: 'It is 3.' }]);
    const body = { ...asking, mcp_servers: at(remote.url) as never, tools: [toolset] as never };
    const streamed = clientOf(dialect, url).beta.messages.stream(body);
    expect(await streamed.finalMessage()).toMatchObject(RESULT);
  });

  it('has one connection for all rounds and requests', async () => {
    remote = await start();
    await serve([add, add, { text: 'a' }, add]);
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    await answer(body);
    await answer(body);
    expect(remote.sessions()).toBe(1);
  });

  it('is called over a new connection after the old one was idle', async () => {
    remote = await start();
    await serve([add], { idleMs: 1 });
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    await answer(body);
    await new Promise((resolve) => void setTimeout(resolve, 50));
    await answer(body);
    expect(remote.sessions()).toBeGreaterThan(1);
  });
});

describe('an MCP server', () => {
  it('of the configuration is a program that a request names', async () => {
    await serve([{ calls: [['mcp__local__variable', {}]] }]);
    const tools = [{ type: 'mcp_toolset', mcp_server_name: 'local' }];
    expect(await answer({ tools })).toMatchObject({
      content: [
        { type: 'mcp_tool_use', name: 'variable', server_name: 'local' },
        { type: 'mcp_tool_result', is_error: false, content: [{ text: 'set' }] },
        { text: 'Done.' },
      ],
    });
  });

  it('of the configuration ends when the server closes', async () => {
    const { asked } = await serve([{ calls: [['mcp__local__pid', {}]] }]);
    await answer({ tools: [{ type: 'mcp_toolset', mcp_server_name: 'local' }] });
    const [, said] = /"text":"(\d+)"/.exec(JSON.stringify(asked[1]?.conversation.turns)) ?? [];
    await mcp?.close();
    expect(() => process.kill(Number(said), 0)).toThrow('ESRCH');
  });

  it('that redirects to another server does not lead there', async () => {
    remote = await startHttpMcp();
    const { url: elsewhere, tokens } = remote;
    const redirecting = createServer((_request, response) => {
      response.writeHead(307, { location: elsewhere }).end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    const { port } = redirecting.address() as AddressInfo;
    await serve([]);
    await answer({ mcp_servers: at(`http://127.0.0.1:${port}/mcp`), tools: [toolset] });
    redirecting.close();
    expect(tokens).toEqual([]);
    expect(warnings.join()).toContain('desk did not list its tools');
  });

  it('that no one knows is refused', async () => {
    await serve([]);
    const response = await server?.ask({ tools: [toolset] });
    expect(response?.status).toBe(400);
    expect(await response?.text()).toContain("there is no server 'desk' in mcp_servers");
  });

  it('at a private address is not contacted unless the owner allows it', async () => {
    remote = await startHttpMcp();
    const { asked } = await serve([], { allowedHosts: [] });
    await answer({ mcp_servers: at(remote.url), tools: [toolset] });
    expect(remote.tokens).toEqual([]);
    expect(warnings.join()).toContain('allow others with --mcp-allow 127.0.0.1');
    expect(JSON.stringify(asked[0]?.conversation.system)).toContain("desk can't be reached");
  });

  it('that died is an error result, and the answer goes on', async () => {
    remote = await startHttpMcp();
    await serve([{ text: 'Hello.' }, add, { text: 'It is gone.' }]);
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    await answer(body);
    await remote.close();
    expect(await answer(body)).toMatchObject({
      stop_reason: 'end_turn',
      content: [
        { type: 'mcp_tool_use', name: 'add' },
        { type: 'mcp_tool_result', is_error: true },
        { type: 'text', text: 'It is gone.' },
      ],
    });
  });

  it('that forgot the session is called over a new one', async () => {
    remote = await startHttpMcp();
    await serve([add, { text: 'a' }, add, { text: 'b' }]);
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    await answer(body);
    remote.forget();
    expect(await answer(body)).toMatchObject({ content: [{}, { is_error: false }, {}] });
    expect(remote.sessions()).toBe(2);
  });

  it('learns that the client left', async () => {
    const leaving = new AbortController();
    let stopped = false;
    remote = await startHttpMcp({
      waiting: () => leaving.abort(),
      cancelled: () => {
        stopped = true;
      },
    });
    await serve([{ calls: [['mcp__desk__wait', {}]] }]);
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    await expect(server?.ask(body, leaving.signal)).rejects.toThrow('aborted');
    await expect.poll(() => stopped).toBe(true);
  });
});

describe('a result', () => {
  it.each([
    ['fail', true, 'It is broken.'],
    ['add', true, 'Input validation error'],
    ['flood', false, 'the rest was cut off'],
  ])('of %s reaches the model', async (name, is_error, text) => {
    remote = await startHttpMcp();
    const { asked } = await serve([{ calls: [[`mcp__desk__${name}`, {}]] }]);
    const body = { mcp_servers: at(remote.url), tools: [toolset] };
    expect(await answer(body)).toMatchObject({ content: [{}, { is_error }, { text: 'Done.' }] });
    expect(JSON.stringify(asked[1]?.conversation.turns.at(-1))).toContain(text);
  });

  it('is shown to the model in later turns as in the first', async () => {
    remote = await startHttpMcp();
    const { asked, url } = await serve([add, { text: 'It is 3.' }]);
    const [dialect] = DIALECTS;
    if (dialect === undefined) throw new Error('no SDK');
    const client = clientOf(dialect, url).beta.messages;
    const servers = { mcp_servers: at(remote.url) as never, tools: [toolset] as never };
    const { content } = await client.create({ ...asking, ...servers });
    const messages = [user, { role: 'assistant', content }, { role: 'user', content: 'Thanks.' }];
    await client.create({ ...asking, ...servers, messages: messages as never });
    const [, second, third] = asked.map(({ conversation }) => conversation.turns);
    expect(third?.slice(0, second?.length)).toEqual(second);
  });
});

describe('the rules for tools', () => {
  const names = async (body: Readonly<Record<string, unknown>>) => {
    remote = await startHttpMcp();
    const { asked } = await serve([]);
    await answer({ mcp_servers: at(remote.url), ...body });
    return asked[0]?.conversation.tools.map(({ name }) => name);
  };

  it('of a toolset choose tools by its defaults and by name', async () => {
    const only = { default_config: { enabled: false }, configs: { add: { enabled: true } } };
    expect(await names({ tools: [{ ...toolset, ...only }] })).toEqual(['mcp__desk__add']);
  });

  it('of a server without a toolset choose its allowed tools', async () => {
    remote = await startHttpMcp();
    const { asked } = await serve([]);
    const tool_configuration = { enabled: true, allowed_tools: ['fail'] };
    await answer({ mcp_servers: [{ ...at(remote.url)[0], tool_configuration }] });
    expect(asked[0]?.conversation.tools.map(({ name }) => name)).toEqual(['mcp__desk__fail']);
  });

  it('defer tools until a search finds them', async () => {
    remote = await startHttpMcp();
    const search = { type: 'tool_search_tool_bm25_20251119', name: 'tool_search_tool_bm25' };
    const { asked } = await serve([{ calls: [[search.name, { query: 'add numbers' }]] }, add]);
    const tools = [search, { ...toolset, default_config: { defer_loading: true } }];
    const message = await answer({ mcp_servers: at(remote.url), tools });
    expect(message).toMatchObject({ content: [{}, {}, { name: 'add' }, { is_error: false }, {}] });
    const offered = asked.map(({ conversation }) => conversation.tools.map(({ name }) => name));
    expect(offered.slice(0, 2)).toEqual([[search.name], [search.name, 'mcp__desk__add']]);
  });

  it('let tool_choice name a tool as its server does', async () => {
    remote = await startHttpMcp();
    const { asked } = await serve([]);
    const tool_choice = { type: 'tool', name: 'add' };
    await answer({ mcp_servers: at(remote.url), tools: [toolset], tool_choice });
    expect(asked[0]?.toolChoice).toMatchObject({ mode: 'tool', name: 'mcp__desk__add' });
    const response = await server?.ask({
      mcp_servers: at(remote.url),
      tools: [toolset],
      tool_choice: { type: 'tool', name: 'nothing' },
    });
    expect(response?.status).toBe(400);
  });
});
