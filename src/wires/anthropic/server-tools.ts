import { z } from 'zod';
import { list } from './schema/list.ts';
import type { JsonObject, JsonValue } from '../../core/json.ts';
import { SERVICE_FAILURES } from '../../core/server-tools.ts';
import type {
  FetchedPage,
  FoundPage,
  ServerService,
  ServiceFailure,
  ServiceOutcome,
  ServiceUse,
} from '../../core/server-tools.ts';

const FAILURES = {
  'invalid-input': 'invalid_tool_input',
  unavailable: 'unavailable',
  'max-uses-exceeded': 'max_uses_exceeded',
  'too-many-requests': 'too_many_requests',
  'query-too-long': 'query_too_long',
  'url-too-long': 'url_too_long',
  'url-not-allowed': 'url_not_allowed',
  'url-not-in-prior-context': 'url_not_in_prior_context',
  'url-not-accessible': 'url_not_accessible',
  'unsupported-content-type': 'unsupported_content_type',
  'content-too-large': 'content_too_large',
  'too-slow': 'execution_time_exceeded',
} as const satisfies Record<ServiceFailure, string>;

/** Block types of the services, as in the SDK's WebSearchToolResultBlock, WebFetchToolResultBlock and ToolSearchToolResultBlock. */
const BLOCKS = {
  'web-search': 'web_search_tool_result',
  'web-fetch': 'web_fetch_tool_result',
  'tool-search': 'tool_search_tool_result',
  mcp: 'mcp_tool_result',
} as const satisfies Record<ServerService, string>;

/** Block with the result of a call that this server executed. */
export interface ServerResultBlock extends JsonObject {
  readonly type: (typeof BLOCKS)[ServerService];
  readonly tool_use_id: string;
  readonly content: JsonValue;
  readonly caller?: { readonly type: 'direct' };
  /** Only results of MCP servers have it. */
  readonly is_error?: boolean;
}

/** Encodes a result as the API's block for its service. */
export function encodeResult(
  id: string,
  service: ServerService,
  outcome: ServiceOutcome,
): ServerResultBlock {
  const type = BLOCKS[service];
  const content = encodeOutcome(type, outcome);
  if (service === 'tool-search') return { type, tool_use_id: id, content };
  if (outcome.kind === 'mcp') {
    return { type, tool_use_id: id, is_error: outcome.isError, content };
  }
  return { type, tool_use_id: id, content, caller: { type: 'direct' } };
}

function encodeOutcome(type: string, outcome: ServiceOutcome): JsonValue {
  switch (outcome.kind) {
    case 'found':
      return outcome.pages.map(encodeFound);
    case 'fetched':
      return encodeFetched(outcome.page);
    case 'mcp':
      return outcome.texts.map((text) => ({ type: 'text', text }));
    case 'tools':
      return encodeTools(outcome.names);
    case 'failed':
      return {
        type: `${type}_error`,
        error_code: FAILURES[outcome.reason],
        // Only errors of the tool search have a message.
        ...(type === BLOCKS['tool-search'] && { error_message: outcome.message ?? null }),
      };
    default:
      return outcome satisfies never;
  }
}

/** Prefix of unencrypted content. The API encrypts excerpts; here they are not secret and need no key. */
const OPEN_CONTENT = 'portico1.';

function encodeFound({ url, title, excerpt, age }: FoundPage): JsonObject {
  const encrypted_content = OPEN_CONTENT + Buffer.from(excerpt).toString('base64url');
  return { type: 'web_search_result', url, title, encrypted_content, page_age: age };
}

function encodeFetched({ url, title, text, retrievedAt }: FetchedPage): JsonObject {
  const source = { type: 'text', media_type: 'text/plain', data: text };
  const content = { type: 'document', source, title };
  return { type: 'web_fetch_result', url, content, retrieved_at: retrievedAt };
}

function encodeTools(names: readonly string[]): JsonObject {
  const tool_references = names.map((name) => ({ type: 'tool_reference', tool_name: name }));
  return { type: 'tool_search_tool_search_result', tool_references };
}

const found = list(
  z.object({
    url: z.string(),
    title: z.string(),
    encrypted_content: z.string(),
    page_age: z.string().nullish(),
  }),
);
const fetched = z.object({
  url: z.string(),
  content: z.object({
    title: z.string().nullish(),
    source: z.object({ type: z.literal('text'), data: z.string() }),
  }),
  retrieved_at: z.string().nullish(),
});
const foundTools = z.object({ tool_references: list(z.object({ tool_name: z.string() })) });
const mcpContent = z.union([
  z.string().transform((text) => [text]),
  list(z.object({ text: z.string() }).transform(({ text }) => text)),
]);
const failed = z.object({ error_code: z.string(), error_message: z.string().nullish() });

/**
 * Decodes a result that a client sends back. Returns undefined for blocks of other tools and for unknown
 * content. Excerpts that another server encrypted are lost; their titles and URLs stay.
 */
export function decodeResult(
  blockType: string,
  content: JsonValue,
  isError = false,
): ServiceOutcome | undefined {
  if (blockType === BLOCKS.mcp) return decodeMcpResult(content, isError);
  if (blockType === BLOCKS['web-search']) {
    const pages = found.safeParse(content);
    return pages.success ? { kind: 'found', pages: pages.data.map(decodeFound) } : failure(content);
  }
  if (blockType === BLOCKS['tool-search']) {
    const tools = foundTools.safeParse(content);
    if (!tools.success) return failure(content);
    const names = tools.data.tool_references.map(({ tool_name: name }) => name);
    return { kind: 'tools', names };
  }
  if (blockType !== BLOCKS['web-fetch']) return undefined;
  const page = fetched.safeParse(content);
  if (!page.success) return failure(content);
  const { url, content: document, retrieved_at: retrievedAt } = page.data;
  const { title = null, source } = document;
  return {
    kind: 'fetched',
    page: { url, title, text: source.data, retrievedAt: retrievedAt ?? '' },
  };
}

function decodeMcpResult(content: JsonValue, isError: boolean): ServiceOutcome | undefined {
  const blocks = mcpContent.safeParse(content);
  if (!blocks.success) return undefined;
  return { kind: 'mcp', isError, texts: blocks.data };
}

function decodeFound(result: z.output<typeof found>[number]): FoundPage {
  const { url, title, encrypted_content: sealed, page_age: age = null } = result;
  const excerpt = sealed.startsWith(OPEN_CONTENT)
    ? Buffer.from(sealed.slice(OPEN_CONTENT.length), 'base64url').toString()
    : '';
  return { url, title, excerpt, age };
}

function failure(content: JsonValue): ServiceOutcome | undefined {
  const error = failed.safeParse(content);
  if (!error.success) return undefined;
  const { error_code: code, error_message: message } = error.data;
  const reason = SERVICE_FAILURES.find((candidate) => FAILURES[candidate] === code);
  return {
    kind: 'failed',
    reason: reason ?? 'unavailable',
    ...(typeof message === 'string' && { message }),
  };
}

/** Prefixes in the API's ids of calls that this server, or an MCP server, executes. */
const SERVER_PREFIX = 'srv';
const MCP_PREFIX = 'mcp';

/** Id for clients of a call that this server executes: `srvtoolu_…`, or `mcptoolu_…` for an MCP server's. */
export function serverCallId(id: string, isMcp = false): string {
  const prefix = isMcp ? MCP_PREFIX : SERVER_PREFIX;
  return id.startsWith('toolu_') ? prefix + id : `${prefix}toolu_${id}`;
}

/** Id for the model of a call that this server executes. */
export function modelCallId(id: string): string {
  return /^(?:srv|mcp)toolu_/.test(id) ? id.slice(SERVER_PREFIX.length) : id;
}

/** Encodes usage.server_tool_use; null if this server executed no tool. */
export function encodeServiceUse(use: ServiceUse | undefined): JsonObject | null {
  return use === undefined
    ? null
    : { web_search_requests: use.webSearches, web_fetch_requests: use.webFetches };
}
