import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createToolServer } from './mcp-tools.mjs';
import type { ToolServerHooks } from './mcp-tools.mjs';

/** A real MCP server on a port. */
export interface McpServerOnPort {
  readonly url: string;
  /** `authorization` of each request that came. */
  readonly tokens: readonly (string | undefined)[];
  /** Sessions that were opened. */
  sessions(): number;
  /** Forgets all sessions, as a restarted server does. */
  forget(): void;
  close(): Promise<void>;
}

/** Serves the tools over streamable HTTP. */
export async function startHttpMcp(hooks?: ToolServerHooks): Promise<McpServerOnPort> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  let opened = 0;
  const open = async () => {
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (id) => {
        opened += 1;
        transports.set(id, transport);
      },
    });
    // The package's own types do not fit `exactOptionalPropertyTypes`.
    await createToolServer(hooks).connect(Object.assign(transport, { onclose: () => undefined }));
    return transport;
  };
  return listen(
    '/mcp',
    () => opened,
    transports,
    async (request, response) => {
      const id = header(request, 'mcp-session-id');
      const known = transports.get(id ?? '');
      if (id !== undefined && known === undefined) response.writeHead(404).end();
      else await (known ?? (await open())).handleRequest(request, response);
    },
  );
}

/** Serves the tools over SSE, the protocol's first transport over HTTP. */
export async function startSseMcp(hooks?: ToolServerHooks): Promise<McpServerOnPort> {
  // oxlint-disable-next-line typescript/no-deprecated
  const transports = new Map<string, SSEServerTransport>();
  let opened = 0;
  return listen(
    '/sse',
    () => opened,
    transports,
    async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (request.method === 'GET') {
        // oxlint-disable-next-line typescript/no-deprecated
        const transport = new SSEServerTransport('/messages', response);
        transports.set(transport.sessionId, transport);
        opened += 1;
        await createToolServer(hooks).connect(transport);
        return;
      }
      const known = transports.get(url.searchParams.get('sessionId') ?? '');
      if (known === undefined) response.writeHead(405).end();
      else await known.handlePostMessage(request, response);
    },
  );
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

async function listen(
  path: string,
  sessions: () => number,
  known: Map<string, unknown>,
  answer: (...args: Parameters<RequestListener>) => Promise<void>,
): Promise<McpServerOnPort> {
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    tokens.push(request.headers.authorization);
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${path}`,
    tokens,
    sessions,
    forget: () => known.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
