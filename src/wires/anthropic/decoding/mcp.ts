import type { ToolSpec } from '../../../core/conversation.ts';
import { RuntimeFailure } from '../../../core/failure.ts';
import type { McpServer, McpToolRule } from '../../../core/mcp.ts';
import { parseWith } from '../issues.ts';
import { mcpToolset } from '../schema/mcp.ts';
import type { RawMcpRule, RawMcpServer } from '../schema/mcp.ts';

/**
 * Tools of a request, with a server for each `mcp_toolset`. A server without a toolset gets one after all
 * tools, by its own `tool_configuration`, as in the first version of the API's beta.
 *
 * @throws {invalid-request} for a name that several servers or toolsets have
 */
export function withMcpServers(
  tools: readonly ToolSpec[],
  servers: readonly RawMcpServer[],
): readonly ToolSpec[] {
  const byName = new Map(servers.map((server) => [server.name, server]));
  if (byName.size < servers.length) {
    throw new RuntimeFailure('invalid-request', 'mcp_servers: MCP server names must be unique');
  }
  const used = new Set<string>();
  const found = tools.map((tool, index) => {
    if (!isToolset(tool)) return tool;
    const at = ['tools', String(index), 'mcp_toolset'];
    const given = parseWith(mcpToolset, tool.origin.settings, at);
    const { mcp_server_name: name, default_config: defaults, configs } = given;
    if (used.has(name)) {
      throw new RuntimeFailure(
        'invalid-request',
        `${at.join('.')}.mcp_server_name: MCP server '${name}' already has a toolset`,
      );
    }
    used.add(name);
    const rules = Object.entries(configs ?? {}).map(([key, rule]) => [key, ruleOf(rule)] as const);
    const server = serverOf(name, byName.get(name), ruleOf(defaults), new Map(rules));
    return { ...tool, origin: { ...tool.origin, mcpServer: server } };
  });
  const others = servers.filter(({ name }) => !used.has(name)).map(toolsetOf);
  return others.length === 0 && used.size === 0 ? tools : [...found, ...others];
}

type Toolset = ToolSpec & { readonly origin: Extract<ToolSpec['origin'], { kind: 'server' }> };

function isToolset(tool: ToolSpec): tool is Toolset {
  return tool.origin.kind === 'server' && tool.origin.type === 'mcp_toolset';
}

function ruleOf(rule: RawMcpRule | null | undefined): Partial<McpToolRule> {
  const { enabled, defer_loading: deferred } = rule ?? {};
  return {
    ...(typeof enabled === 'boolean' && { enabled }),
    ...(typeof deferred === 'boolean' && { deferred }),
  };
}

function serverOf(
  name: string,
  given: RawMcpServer | undefined,
  defaults: Partial<McpToolRule>,
  tools: McpServer['tools'],
): McpServer {
  const allowed = allowedBy(given);
  const all = { enabled: allowed.defaults, deferred: false, ...defaults };
  return {
    name,
    ...(given && { url: given.url }),
    ...(given?.authorization_token && { token: given.authorization_token }),
    defaults: all,
    tools: new Map([...allowed.tools, ...tools]),
  };
}

/** Rules of a server's own `tool_configuration`. */
function allowedBy(given: RawMcpServer | undefined): {
  readonly defaults: boolean;
  readonly tools: McpServer['tools'];
} {
  const { enabled, allowed_tools: allowed } = given?.tool_configuration ?? {};
  if (enabled === false) return { defaults: false, tools: new Map() };
  const tools = new Map(allowed?.map((name) => [name, { enabled: true }]));
  return { defaults: !allowed, tools };
}

function toolsetOf(server: RawMcpServer): ToolSpec {
  const { name } = server;
  return {
    name,
    description: '',
    inputSchema: { type: 'object' },
    origin: {
      kind: 'server',
      type: 'mcp_toolset',
      settings: { mcp_server_name: name },
      mcpServer: serverOf(name, server, {}, new Map()),
    },
    deferred: false,
  };
}
