import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

export interface ToolServerHooks {
  readonly waiting?: () => void;
  readonly cancelled?: () => void;
}

export function createToolServer(hooks?: ToolServerHooks): McpServer;
