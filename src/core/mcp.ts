import { createHash } from 'node:crypto';
import type { JsonObject } from './json.ts';

/** Program of an MCP server of the configuration. */
export interface McpCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Variables in addition to those of the server. */
  readonly env: Readonly<Record<string, string>>;
}

/** Rules for a tool of an MCP server. */
export interface McpToolRule {
  readonly enabled: boolean;
  readonly deferred: boolean;
}

/** MCP server that a request names, with the rules for its tools. */
export interface McpServer {
  readonly name: string;
  /** Absent for a server of the configuration. */
  readonly url?: string;
  readonly token?: string;
  readonly defaults: McpToolRule;
  /** Rules by the names of tools; those of `defaults` apply to what is absent. */
  readonly tools: ReadonlyMap<string, Partial<McpToolRule>>;
}

/** Tool as its MCP server lists it. */
export interface McpListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** Result of a call of an MCP tool. */
export interface McpResult {
  readonly texts: readonly string[];
  readonly isError: boolean;
}

const MAX_NAME = 128;

/**
 * Name of an MCP tool for the model. It depends on nothing but the server and the tool, so that history is
 * written in the same way in every request.
 */
export function mcpToolName(server: string, tool: string): string {
  const name = `mcp__${server}__${tool}`;
  const valid = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (valid === name && name.length <= MAX_NAME) return name;
  // Two names may differ only in what a valid name can't show.
  const mark = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${valid.slice(0, MAX_NAME - mark.length - 1)}_${mark}`;
}
