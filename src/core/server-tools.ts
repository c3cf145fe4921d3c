import type { McpResult, McpServer } from './mcp.ts';

/** Kind of a server tool, which this server executes itself. */
export type ServerService = ServerTool['service'];

/** Tool of a request that the server executes, with its limits. */
export type ServerTool = WebTool | ToolSearch | McpTool;

/** Tool that reads the web. */
export interface WebTool {
  readonly service: 'web-search' | 'web-fetch';
  /** Limit of calls per request. */
  readonly maxUses?: number;
  /** Allowed hosts with their subdomains, optionally with a path. An empty list allows all. */
  readonly allowedDomains: readonly string[];
  readonly blockedDomains: readonly string[];
  /** Approximate limit of tokens per page. */
  readonly maxContentTokens?: number;
  /** Settings of the client that have no effect here. */
  readonly ignored: readonly string[];
}

/** Search among the deferred tools of a request. */
export interface ToolSearch {
  readonly service: 'tool-search';
  /** The query is a regular expression, or words. */
  readonly by: 'regex' | 'bm25';
  /** Settings of the client that have no effect here. */
  readonly ignored: readonly string[];
}

/** Tool of an MCP server. */
export interface McpTool {
  readonly service: 'mcp';
  readonly server: McpServer;
  /** Name of the tool at its server. */
  readonly tool: string;
  readonly ignored: readonly string[];
}

/** Page found by a search. */
export interface FoundPage {
  readonly url: string;
  readonly title: string;
  /** Excerpt by the search engine; may be empty. */
  readonly excerpt: string;
  /** Age in the search engine's words. */
  readonly age: string | null;
}

/** A page as text. */
export interface FetchedPage {
  readonly url: string;
  readonly title: string | null;
  readonly text: string;
  /** ISO 8601. */
  readonly retrievedAt: string;
}

/** Reasons for which a server tool call failed. */
export const SERVICE_FAILURES = [
  'invalid-input',
  'unavailable',
  'max-uses-exceeded',
  'too-many-requests',
  'query-too-long',
  'url-too-long',
  'url-not-allowed',
  'url-not-in-prior-context',
  'url-not-accessible',
  'unsupported-content-type',
  'content-too-large',
  'too-slow',
] as const;

export type ServiceFailure = (typeof SERVICE_FAILURES)[number];

/** Result of a server tool call. */
export type ServiceOutcome =
  | { readonly kind: 'found'; readonly pages: readonly FoundPage[] }
  | { readonly kind: 'fetched'; readonly page: FetchedPage }
  /** Names of deferred tools that become callable. */
  | { readonly kind: 'tools'; readonly names: readonly string[] }
  | ({ readonly kind: 'mcp' } & McpResult)
  | { readonly kind: 'failed'; readonly reason: ServiceFailure; readonly message?: string };

/** Counts of successful server tool calls for one answer. */
export interface ServiceUse {
  readonly webSearches: number;
  readonly webFetches: number;
}
