import type { JsonObject } from '../../../core/json.ts';
import type { McpListedTool, McpResult, McpServer } from '../../../core/mcp.ts';
import type {
  FetchedPage,
  FoundPage,
  ServiceFailure,
  WebTool,
} from '../../../core/server-tools.ts';

export interface Search {
  readonly query: string;
  /** Domains for the search engine. Its results are checked against them too. */
  readonly allowedDomains: WebTool['allowedDomains'];
  readonly blockedDomains: WebTool['blockedDomains'];
}

/** Searches the web. Throws a ServiceError. */
export type WebSearch = (search: Search, signal: AbortSignal) => Promise<readonly FoundPage[]>;

/**
 * Reads the page at a URL. `mayVisit` checks the targets of redirects. Throws a ServiceError.
 */
export type WebFetch = (
  url: string,
  mayVisit: (url: string) => boolean,
  signal: AbortSignal,
) => Promise<FetchedPage>;

/** Client of MCP servers. */
export interface McpClients {
  /** Lists the tools of a server. Throws if it is not known or does not answer. */
  list(server: McpServer, signal: AbortSignal): Promise<readonly McpListedTool[]>;
  /** Calls a tool. Throws if its server does not answer. */
  call(server: McpServer, tool: string, input: JsonObject, signal: AbortSignal): Promise<McpResult>;
  /** Closes all connections. */
  close(): Promise<void>;
}

/** Configured services of the server tools. A call of a missing one is answered with `unavailable`. */
export interface ServerServices {
  readonly search?: WebSearch;
  readonly fetch?: WebFetch;
  readonly mcp?: McpClients;
  readonly log: (message: string) => void;
}

/** Failure of a service: the reason is for the model, the message for the log. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly reason: ServiceFailure;

  constructor(reason: ServiceFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}
