import { z } from 'zod';
import { list } from './list.ts';

/** MCP server of a request. */
export const mcpServer = z.object({
  type: z.literal('url'),
  url: z.url({ protocol: /^https?$/, error: 'Input should be a valid http or https URL' }),
  name: z.string().min(1).max(128),
  authorization_token: z.string().nullish(),
  tool_configuration: z
    .object({ enabled: z.boolean().nullish(), allowed_tools: list(z.string()).nullish() })
    .nullish(),
});

const rule = z.object({
  enabled: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
});

/** Settings of a tool of type `mcp_toolset`. */
export const mcpToolset = z.object({
  mcp_server_name: z.string().min(1).max(128),
  default_config: rule.nullish(),
  configs: z.record(z.string(), rule).nullish(),
});

export type RawMcpServer = z.output<typeof mcpServer>;
export type RawMcpRule = z.output<typeof rule>;
