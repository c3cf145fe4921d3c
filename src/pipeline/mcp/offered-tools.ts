import type { GenerationRequest } from '../../core/backend.ts';
import type { ToolChoice, ToolSpec } from '../../core/conversation.ts';
import { messageOf, RuntimeFailure } from '../../core/failure.ts';
import { mcpToolName } from '../../core/mcp.ts';
import type { McpListedTool, McpServer } from '../../core/mcp.ts';
import type { ServerServices } from '../middleware/server-tools/services.ts';
import { UnknownServer } from './clients.ts';

type Offering = Pick<GenerationRequest, 'conversation' | 'toolChoice' | 'longCache'>;

/**
 * Replaces each MCP toolset by the tools that its server lists. A server that does not answer is reported to
 * the model and in the log, and the answer goes on without its tools.
 *
 * @throws {invalid-request} for a server that no one knows, and for a choice that no tool meets
 */
export async function withMcpTools<Request extends Offering>(
  request: Request,
  services: ServerServices,
  signal: AbortSignal,
): Promise<Request> {
  const { conversation, toolChoice, longCache } = request;
  const { mcp } = services;
  if (mcp === undefined || !conversation.tools.some((tool) => serverOf(tool))) return request;
  const silent: string[] = [];
  const listed = await Promise.all(
    conversation.tools.map(async (tool, index) => {
      const server = serverOf(tool);
      if (server === undefined) return [tool];
      try {
        return offered(server, await mcp.list(server, signal));
      } catch (error) {
        if (signal.aborted) throw error;
        if (error instanceof UnknownServer) throw unknown(index, error);
        services.log(`The MCP server ${server.name} did not list its tools: ${messageOf(error)}`);
        silent.push(server.name);
        return [];
      }
    }),
  );
  const tools = unique(listed.flat());
  const system = [...conversation.system, ...silent.map(noteOf)];
  return {
    ...request,
    conversation: { ...conversation, tools, system },
    toolChoice: chosen(toolChoice, tools),
    ...(longCache && {
      longCache: { ...longCache, tools: listed.slice(0, longCache.tools).flat().length },
    }),
  };
}

function serverOf({ origin }: ToolSpec): McpServer | undefined {
  return origin.kind === 'server' ? origin.mcpServer : undefined;
}

function offered(server: McpServer, listed: readonly McpListedTool[]): readonly ToolSpec[] {
  return listed.flatMap(({ name: tool, description, inputSchema }) => {
    const { enabled, deferred } = { ...server.defaults, ...server.tools.get(tool) };
    if (!enabled) return [];
    const serverTool = { service: 'mcp', server, tool, ignored: [] } as const;
    const origin = { kind: 'server', type: 'mcp_tool', settings: {}, serverTool } as const;
    const name = mcpToolName(server.name, tool);
    return [{ name, description, inputSchema, origin, deferred }];
  });
}

/** Tools without those whose name another has: a server may list one twice. */
function unique(tools: readonly ToolSpec[]): readonly ToolSpec[] {
  const names = new Set<string>();
  return tools.filter(({ name }) => !names.has(name) && names.add(name));
}

/** The choice with the model's name of the tool. Clients name MCP tools as their server does. */
function chosen(choice: ToolChoice, tools: readonly ToolSpec[]): ToolChoice {
  if (choice.mode === 'any' && tools.length === 0) {
    throw new RuntimeFailure(
      'invalid-request',
      'tool_choice.any: no tool can be called, because no MCP server listed one',
    );
  }
  if (choice.mode !== 'tool' || tools.some(({ name }) => name === choice.name)) return choice;
  const found = tools.find(
    ({ origin }) =>
      origin.kind === 'server' &&
      origin.serverTool?.service === 'mcp' &&
      origin.serverTool.tool === choice.name,
  );
  if (found !== undefined) return { ...choice, name: found.name };
  throw new RuntimeFailure(
    'invalid-request',
    `tool_choice.tool.name: Tool '${choice.name}' not found in provided tools`,
  );
}

function noteOf(server: string) {
  const text = `The MCP server ${server} can't be reached now, so its tools are missing. Say so if they are needed.`;
  return { kind: 'text', text } as const;
}

function unknown(index: number, error: UnknownServer): RuntimeFailure {
  return new RuntimeFailure('invalid-request', `tools.${index}.mcp_toolset: ${error.message}`);
}
