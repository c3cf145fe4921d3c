import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  ListToolsResultSchema,
  McpError,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { ContentBlock } from '@modelcontextprotocol/sdk/types.js';
import { isJsonObject } from '../../core/json.ts';
import type { JsonObject } from '../../core/json.ts';
import type { McpCommand, McpListedTool, McpResult } from '../../core/mcp.ts';
import type { CheckedTarget } from '../../net/public-fetch.ts';
import { createPinnedFetch } from './pinned-fetch.ts';

/** Server to connect to: one at a checked URL, or a program. */
export type McpTarget =
  | { readonly kind: 'url'; readonly checked: CheckedTarget; readonly token: string | undefined }
  | { readonly kind: 'command'; readonly command: McpCommand };

const CONNECT_TIMEOUT_MS = 15_000;
const CALL_TIMEOUT_MS = 60_000;
const MAX_TOOLS = 1000;
const MAX_DESCRIPTION_CHARACTERS = 10_000;
const MAX_STDIO_BYTES = 8 * 1024 * 1024;

/** Connection to one MCP server. */
export interface McpConnection {
  list(signal: AbortSignal): Promise<readonly McpListedTool[]>;
  call(tool: string, input: JsonObject, signal: AbortSignal): Promise<McpResult>;
  close(): Promise<void>;
}

export interface ConnectionEvents {
  readonly closed: () => void;
  readonly toolsChanged: () => void;
}

/** Connects to a server. A URL is tried as streamable HTTP first, then as SSE, as the protocol demands. */
export async function connectMcp(
  target: McpTarget,
  events: ConnectionEvents,
): Promise<McpConnection> {
  if (target.kind === 'command') {
    const { command, args, env } = target.command;
    const program = { command, args: [...args], env, maxBufferSize: MAX_STDIO_BYTES };
    return open(new StdioClientTransport(program), events, async () => undefined);
  }
  const { checked, token } = target;
  const pinned = createPinnedFetch(checked, CALL_TIMEOUT_MS);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const options = { fetch: pinned.fetch, requestInit: { headers } };
  try {
    return await open(
      new StreamableHTTPClientTransport(checked.target, options),
      events,
      pinned.close,
    );
  } catch (error) {
    if (!isHttpRefusal(error)) {
      await pinned.close();
      throw error;
    }
  }
  try {
    // Servers of the protocol's first version know nothing else.
    // oxlint-disable-next-line typescript/no-deprecated
    return await open(new SSEClientTransport(checked.target, options), events, pinned.close);
  } catch (error) {
    await pinned.close();
    throw error;
  }
}

/** True if a server answered a streamable request with a status of the client's fault: it may know only SSE. */
function isHttpRefusal(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' && code >= 400 && code < 500 && code !== 401 && code !== 403;
}

async function open(
  transport: Transport,
  events: ConnectionEvents,
  release: () => Promise<void>,
): Promise<McpConnection> {
  const client = new Client({ name: 'portico', version: '1' });
  client.setNotificationHandler(ToolListChangedNotificationSchema, events.toolsChanged);
  try {
    await client.connect(transport, { timeout: CONNECT_TIMEOUT_MS });
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
  // The client is no EventTarget.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.onclose = events.closed;
  return {
    list: (signal) => listTools(client, signal),
    call: (tool, input, signal) => callTool(client, tool, input, signal),
    async close() {
      await client.close().catch(() => undefined);
      await release();
    },
  };
}

/** Lists all pages. The schemas of results are not compiled, as the client's own method does. */
async function listTools(client: Client, signal: AbortSignal): Promise<readonly McpListedTool[]> {
  const tools: McpListedTool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.request(
      { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
      ListToolsResultSchema,
      { signal, timeout: CONNECT_TIMEOUT_MS },
    );
    for (const { name, description = '', inputSchema } of page.tools) {
      tools.push({
        name,
        description: description.slice(0, MAX_DESCRIPTION_CHARACTERS),
        inputSchema: isJsonObject(inputSchema) ? inputSchema : { type: 'object' },
      });
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined && tools.length < MAX_TOOLS);
  return tools.slice(0, MAX_TOOLS);
}

async function callTool(
  client: Client,
  name: string,
  input: JsonObject,
  signal: AbortSignal,
): Promise<McpResult> {
  try {
    const result = await client.request(
      { method: 'tools/call', params: { name, arguments: { ...input } } },
      CallToolResultSchema,
      { signal, timeout: CALL_TIMEOUT_MS, maxTotalTimeout: CALL_TIMEOUT_MS },
    );
    const texts = result.content.map(textOf);
    const structured = result.structuredContent;
    const said = texts.length === 0 && structured ? [JSON.stringify(structured)] : texts;
    return { texts: said, isError: result.isError === true };
  } catch (error) {
    // The server refused the call, such as one with wrong arguments: the model can mend that.
    if (isRefusal(error)) return { texts: [error.message], isError: true };
    throw error;
  }
}

/** Codes of the SDK for a closed connection and a timeout; all others are the server's. */
const OWN_CODES: readonly number[] = [-32_000, -32_001];

function isRefusal(error: unknown): error is McpError {
  return error instanceof McpError && !OWN_CODES.includes(error.code);
}

/** Content as text: the API has no other content in results of MCP tools. */
function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} of type ${block.mimeType}, which can't be shown]`;
    case 'resource':
      return 'text' in block.resource
        ? block.resource.text
        : `[resource ${block.resource.uri}, which is not text]`;
    case 'resource_link':
      return `[resource ${block.name}: ${block.uri}]`;
    default:
      return block satisfies never;
  }
}
